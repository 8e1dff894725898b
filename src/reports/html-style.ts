// How the page looks: light, dark, on a phone and on paper. One hue per version, one for the outcome. All pairs of
// text and ground have a contrast of 4.5 or more in both schemes.
export const STYLE = `
:root{color-scheme:light dark;--bg:#f5f6f8;--card:#fff;--ink:#151a22;--muted:#566173;--line:#e2e6ec;--soft:#eef1f5;--work:#51637d;
--good:#0b6b3a;--good-bg:#e5f4ea;--warn:#855000;--warn-bg:#fdf0d8;--bad:#b3261e;--bad-bg:#fdeae8;--info:#1c5bb8;--info-bg:#e7f0fd;
--wait:#b86e00;--wait-bg:#fde9c6;--on:#fff;--h0:#64748b;--h1:#4f46e5;--h2:#0f766e;--h3:#b4450b;--h4:#a21caf;--h5:#4d7c0f}
@media (prefers-color-scheme:dark){:root{--bg:#0d1117;--card:#151b23;--ink:#e8ecf2;--muted:#9aa7b8;--line:#2a323d;--soft:#1d2530;--work:#8fa3bf;
--good:#62d396;--good-bg:#10291c;--warn:#f2b65c;--warn-bg:#2e2310;--bad:#ff8f86;--bad-bg:#381a18;--info:#86b8ff;--info-bg:#13243d;
--wait:#f2b65c;--wait-bg:#3a2b10;--on:#0d1117;--h0:#8a9ab0;--h1:#9a9bff;--h2:#2dd4bf;--h3:#fb923c;--h4:#e879f9;--h5:#a3e635}}
@media print{:root{color-scheme:light;--bg:#fff;--card:#fff;--ink:#000;--muted:#444;--line:#ccc;--soft:#f3f3f3;--work:#51637d;
--good:#0b6b3a;--good-bg:#e5f4ea;--warn:#855000;--warn-bg:#fdf0d8;--bad:#b3261e;--bad-bg:#fdeae8;--info:#1c5bb8;--info-bg:#e7f0fd;
--wait:#b86e00;--wait-bg:#fde9c6;--on:#fff;--h0:#64748b;--h1:#4f46e5;--h2:#0f766e;--h3:#b4450b;--h4:#a21caf;--h5:#4d7c0f}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
main,footer{max-width:1080px;margin:0 auto;padding:0 24px}
main{padding-top:32px}
h1,h2,h3,p,ul,dl,dd,figure{margin:0;padding:0}
h2{font-size:19px;line-height:1.3;font-weight:650;letter-spacing:-.01em}
h3{font-size:15px;font-weight:650}
small{font-size:13px;color:var(--muted)}
code{font:12.5px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;background:var(--soft);padding:1px 5px;border-radius:4px}
a{color:inherit}
a:focus-visible,summary:focus-visible{outline:2px solid var(--info);outline-offset:3px;border-radius:3px}
.unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.quiet{color:var(--muted);font-size:13.5px;margin-top:12px}
header,section{background:var(--card);border:1px solid var(--line);border-radius:14px;padding:28px 32px;margin-bottom:20px}
header{border-top:5px solid var(--tone)}
header.good{--tone:var(--good);--tone-bg:var(--good-bg)}header.warn{--tone:var(--warn);--tone-bg:var(--warn-bg)}
header.bad{--tone:var(--bad);--tone-bg:var(--bad-bg)}header.info,header.plain{--tone:var(--info);--tone-bg:var(--info-bg)}
.eyebrow{font-size:13px;color:var(--muted)}
h1{display:flex;align-items:center;gap:14px;font-size:38px;line-height:1.15;font-weight:700;letter-spacing:-.025em;margin-top:12px;color:var(--tone)}
.sign{flex:none;width:44px;height:44px;border-radius:50%;background:var(--tone-bg);font-size:22px;line-height:44px;text-align:center;letter-spacing:0}
.operation{font:600 16px/1.4 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;margin-top:14px}
.message{margin-top:6px;max-width:75ch}
.facts{display:grid;grid-template-columns:repeat(4,minmax(0,1fr));gap:20px 28px;margin-top:26px;padding-top:22px;border-top:1px solid var(--line)}
dt{font-size:12.5px;color:var(--muted);margin-bottom:3px}
.facts small{display:block}.facts time+small{display:inline}
.pairs{display:grid;gap:12px;margin-top:16px}
.pairs div{display:grid;grid-template-columns:200px minmax(0,1fr)}
.alert{margin-top:24px;padding:16px 20px;border-radius:10px;background:var(--bad-bg)}
.alert h2{font-size:16px;color:var(--bad)}.alert ul{padding-left:20px;margin-top:6px}
nav{margin:0 4px 20px}nav ul{display:flex;flex-wrap:wrap;gap:6px 18px;list-style:none;font-size:13.5px}
nav a{color:var(--muted);text-decoration-color:var(--line);text-underline-offset:4px}nav a:hover{color:var(--ink)}
section>h2{margin-bottom:16px}section>h3{margin-top:20px}
figure+figure{margin-top:32px}
figcaption{display:flex;flex-wrap:wrap;justify-content:space-between;gap:4px 24px;margin-bottom:14px}
.key{display:flex;flex-wrap:wrap;gap:4px 18px;list-style:none;font-size:13px;color:var(--muted)}
.key b{color:var(--ink);font-weight:600}.timeline+.key{margin-top:14px}
.swatch{display:inline-block;width:12px;height:12px;border-radius:3px;margin-right:6px;vertical-align:-1px;background:var(--hue)}
.swatch.judged{border-radius:50%}.swatch.stable{border-radius:0;background:none;border:2px solid var(--hue)}
.swatch.limit{height:0;border-top:2px dashed var(--bad);background:none;border-radius:0;width:18px;vertical-align:4px}
.swatch.work{background:var(--work)}.swatch.bad{background:var(--bad)}.swatch.warn{background:var(--warn)}
.swatch.wait{background:repeating-linear-gradient(45deg,var(--wait) 0 2px,var(--wait-bg) 2px 5px)}
.hue0{--hue:var(--h0)}.hue1{--hue:var(--h1)}.hue2{--hue:var(--h2)}.hue3{--hue:var(--h3)}.hue4{--hue:var(--h4)}.hue5{--hue:var(--h5)}
.chart{padding:8px 4px 30px 56px}
.plot{display:block;width:100%;overflow:visible}.plot.tall{height:190px}.plot.low{height:120px}
.plot text,.axis text{font-size:12px;fill:var(--muted)}
.grid line{stroke:var(--line)}
.area{fill:var(--hue);stroke:var(--card)}.fine .area{stroke:var(--hue)}
.plot text.on{fill:var(--on);font-weight:600}
.line line{stroke:var(--hue);stroke-width:2;stroke-linecap:round}
.line circle,.line rect{fill:var(--hue);stroke:var(--card);stroke-width:1}
.line circle{r:3.5px}
.line.stable rect{width:12px;height:12px;transform:translate(-6px,-6px);fill:none;stroke:var(--hue);stroke-width:1.5}
.line.stable line{stroke-width:6;stroke-opacity:.4;stroke-linecap:butt}
.spread line{stroke:var(--hue);stroke-width:1.5}.spread .box{fill:var(--card);stroke:var(--hue);stroke-width:2}
.spread .median{stroke-width:3}.spread circle{r:2px;fill:var(--hue);fill-opacity:.55}.spread.stable .box{stroke-dasharray:5 4}
.limit{stroke:var(--bad);stroke-dasharray:6 4;stroke-width:1.5}
.ground{fill:var(--wait-bg)}.stroke{fill:var(--wait)}
table{width:100%;border-collapse:collapse}
caption{text-align:left;font-size:13.5px;color:var(--muted);padding-bottom:8px}
th,td{text-align:left;vertical-align:top;padding:9px 14px 9px 0;border-top:1px solid var(--line)}
th:last-child,td:last-child{padding-right:0}
thead th{border-top:0;font-size:12.5px;font-weight:500;color:var(--muted);padding-bottom:6px;white-space:nowrap}
tbody th{font-weight:600}
.rows{font-size:14px}.rows tbody th{min-width:112px}.rows code{white-space:nowrap}.rows .whole{overflow-wrap:normal}
details{margin-top:14px}summary{cursor:pointer;color:var(--muted);font-size:13.5px;width:fit-content}
summary:hover{color:var(--ink)}details>*:not(summary){margin-top:12px}
.scroll{overflow-x:auto}.scroll:focus-visible{outline:2px solid var(--info);outline-offset:3px}
.lines{padding-left:20px;display:grid;gap:6px}
.badge{display:inline-block;white-space:nowrap;font-size:12.5px;font-weight:600;line-height:1.5;padding:1px 9px;border-radius:99px;background:var(--soft);color:var(--ink)}
.badge::before{font-weight:400;margin-right:.35em}.badge.good::before{content:'✓' / ''}.badge.warn::before{content:'!' / ''}.badge.bad::before{content:'✕' / ''}
.badge.good{background:var(--good-bg);color:var(--good)}.badge.warn{background:var(--warn-bg);color:var(--warn)}
.badge.bad{background:var(--bad-bg);color:var(--bad)}.badge.info{background:var(--info-bg);color:var(--info)}
.timeline{table-layout:fixed}
.timeline th:first-child{width:30%}.timeline th:last-child,.timeline td:last-child{width:92px;text-align:right;white-space:nowrap;color:var(--muted);font-size:13.5px}
.timeline thead th:last-child{font-size:12.5px}.timeline tbody th{line-height:1.35;padding:7px 14px 7px 0;font-size:14px}.timeline tbody td{padding-top:7px;padding-bottom:7px}
.timeline b{font-weight:600}.timeline small{display:block;font-weight:400}
.axis{display:block;width:100%;height:18px;overflow:visible}
.bars{display:block;width:100%;height:18px;margin-top:1px}
.bars rect{y:2px;height:14px;rx:3px}
.rail{stroke:var(--line)}
.bars .work{fill:var(--work)}.bars .bad{fill:var(--bad)}.bars .warn{fill:var(--warn)}.wait{fill:url(#hatch);stroke:var(--wait);stroke-width:1}
.people th{color:var(--warn)}
footer{color:var(--muted);font-size:13px;padding-top:4px;padding-bottom:48px}
@media (max-width:860px){.facts{grid-template-columns:repeat(2,minmax(0,1fr))}}
@media (max-width:640px){
main,footer{padding-left:12px;padding-right:12px}main{padding-top:12px}
header,section{padding:20px 16px;border-radius:12px;margin-bottom:12px}
h1{font-size:30px;gap:10px}.sign{width:36px;height:36px;line-height:36px;font-size:18px}
.facts{gap:16px}.pairs div{grid-template-columns:1fr}
.wide{display:none}.chart{padding-left:48px}
.rows.long{min-width:760px}
.rows:not(.long),.rows:not(.long) :is(caption,tbody,tr,th,td){display:block}
.rows:not(.long) thead{position:absolute;clip-path:inset(50%);width:1px;height:1px;overflow:hidden}
.rows:not(.long) tr{padding:10px 0;border-top:1px solid var(--line)}.rows:not(.long) :is(th,td){border:0;padding:2px 0}
.rows:not(.long) td{display:grid;grid-template-columns:96px minmax(0,1fr);gap:10px}.rows:not(.long) td::before{content:attr(data-c);color:var(--muted);font-size:12.5px}.rows:not(.long) td.empty{display:none}
.rows td>*{justify-self:start}.rows code{white-space:normal}.rows .whole{overflow-wrap:anywhere}
.timeline small{display:none}.timeline,.timeline tbody,.timeline thead,.timeline caption{display:block}
.timeline tr{display:grid;grid-template-columns:minmax(0,1fr) auto;border-top:1px solid var(--line);padding:8px 0}
.timeline thead tr{border:0;padding:0}.timeline thead th:not(.track){display:none}
.timeline th,.timeline td,.timeline tbody th,.timeline tbody td{border:0;padding:0}.timeline th:first-child,.timeline td:last-child{width:auto}
.timeline td.track,.timeline th.track{grid-row:2;grid-column:1/-1;padding-top:4px}}
@media print{body{font-size:10pt}.rows{font-size:9pt}.rows tbody th{min-width:80px}.rows :is(th,td){padding-right:8px}.facts{grid-template-columns:repeat(4,minmax(0,1fr))}main,footer{max-width:none;padding:0}header,section{border:0;border-radius:0;padding:0 0 14pt;margin:0 0 14pt}
header{border-top:4px solid var(--tone);padding-top:12pt}nav,summary{display:none}details:not(:has(.long))::details-content{content-visibility:visible;block-size:auto}details:has(.long) summary{display:list-item}
h2{break-after:avoid}figure,tr,.facts{break-inside:avoid}thead{display:table-header-group}*{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
`;
