// The Go modules that a Kubernetes control plane, its gateway and Helm are built from, and what has to be done so that
// they build from a module proxy alone.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { GoModule } from '../go-module.ts';

const RELEASE = '1.34.4';
/** The version of the modules that lie in the repository of Kubernetes itself. */
const STAGING = `v0.${RELEASE.slice(2)}`;

/** Nobody debugs them. */
const SMALL = '-s -w';
/** They run wherever they are copied to. */
const WITHOUT_C = { CGO_ENABLED: '0' };

/** etcd, API server, controller manager and scheduler in one program, chosen by its first argument. */
export const KUBERNETES: GoModule = {
  path: 'k8s.io/kubernetes',
  version: `v${RELEASE}`,
  sum: 'h1:Yy6R4QB8C9kJPp25GFqEvX5XQwY5qzKeqD0Xx6oAcmk=',
  programs: { 'kubernetes-control-plane': '.' },
  env: WITHOUT_C,
  tags: ['grpcnotrace'],
  flags: [
    '-mod=mod',
    '-ldflags',
    `${SMALL} -X k8s.io/component-base/version.gitVersion=v${RELEASE} -X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=34 -X k8s.io/client-go/pkg/version.gitVersion=v${RELEASE}`,
  ],
  wrap(folder, kept) {
    writeFileSync(join(folder, 'go.mod'), controlPlaneModule(join(kept, 'go.mod')));
    writeFileSync(join(folder, 'main.go'), CONTROL_PLANE);
  },
};

/** The gateway. Without the hundreds of DNS providers of its certificates, which nobody needs on a loopback. */
export const TRAEFIK: GoModule = {
  path: 'github.com/traefik/traefik/v3',
  version: 'v3.7.12',
  sum: 'h1:dyXs/48trUnduReR5BcA8RyP/Q6eeH2WJxpU2txw/E4=',
  programs: { traefik: './cmd/traefik' },
  env: WITHOUT_C,
  flags: [
    '-mod=mod',
    '-ldflags',
    `${SMALL} -X github.com/traefik/traefik/v3/pkg/version.Version=3.7.12`,
  ],
  change: changeTraefik,
};

export const HELM: GoModule = {
  path: 'helm.sh/helm/v3',
  version: 'v3.19.5',
  sum: 'h1:l8zDGBhPaF2z5pTR5ASku/yZwi0qZrWthWMzvf1ZruE=',
  programs: { helm: './cmd/helm' },
  env: WITHOUT_C,
  flags: ['-ldflags', `${SMALL} -X helm.sh/helm/v3/internal/version.version=v3.19.5`],
};

/** Its resource definitions: files, no program. */
export const GATEWAY_API: GoModule = {
  path: 'sigs.k8s.io/gateway-api',
  version: 'v1.6.1',
  sum: 'h1:mock6phZbI6rvZerwrVNk7hVNymQgHo+6sJ81Ia7ftY=',
  programs: {},
};

/** Requires what Kubernetes itself requires; its own parts, which it has in folders, from their modules. */
function controlPlaneModule(goMod: string): string {
  const text = readFileSync(goMod, 'utf8');
  const lines = text.split('\n');
  const required = [...text.matchAll(/^require \(\n[^)]*^\)/gm)].map(([block]) => block);
  const own = [...text.matchAll(/^\t(k8s\.io\/[a-z-]+) => \.\/staging\//gm)].map(
    ([, name = '']) => name,
  );
  if (own.length === 0) throw new Error(`${goMod} does not name its own parts any more`);
  return [
    'module fairlead.test/control-plane',
    '',
    ...lines.filter((line) => /^(go|godebug) /.test(line)),
    '',
    `require k8s.io/kubernetes v${RELEASE}`,
    ...required.map((block) => block.replaceAll(/ v0\.0\.0$/gm, ` ${STAGING}`)),
    '',
    ...own.map((name) => `replace ${name} => ${name} ${STAGING}`),
    '',
  ].join('\n');
}

const CONTROL_PLANE = `// etcd and the control plane of Kubernetes in one program.
package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"
	"go.etcd.io/etcd/server/v3/etcdmain"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/logs/json/register"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllers "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
)

var commands = map[string]func() *cobra.Command{
	"kube-apiserver":          apiserver.NewAPIServerCommand,
	"kube-controller-manager": controllers.NewControllerManagerCommand,
	"kube-scheduler":          func() *cobra.Command { return scheduler.NewSchedulerCommand() },
}

func main() {
	name := ""
	if len(os.Args) > 1 {
		name = os.Args[1]
		os.Args = append([]string{name}, os.Args[2:]...)
	}
	if name == "etcd" {
		etcdmain.Main(os.Args)
		return
	}
	command, known := commands[name]
	if !known {
		fmt.Fprintln(os.Stderr, "name one of etcd, kube-apiserver, kube-controller-manager, kube-scheduler first")
		os.Exit(2)
	}
	os.Exit(cli.Run(command()))
}
`;

/**
 * Two things that it embeds or needs are modules or builds of their own and are not in its module; one package that it
 * replaces by a fork; and what asks for DNS providers.
 */
function changeTraefik(source: string): void {
  const page = join(source, 'webui', 'static');
  mkdirSync(page, { recursive: true });
  writeFileSync(join(page, 'index.html'), '<!doctype html><title>traefik</title>\n');
  const extensions = join(source, 'pkg', 'config', 'dynamic', 'ext');
  mkdirSync(extensions, { recursive: true });
  writeFileSync(
    join(extensions, 'go.mod'),
    'module github.com/traefik/traefik/dynamic/ext\n\ngo 1.22\n',
  );
  writeFileSync(
    join(extensions, 'ext.go'),
    'package ext\n\ntype HTTP struct{}\n\ntype Router struct{}\n',
  );
  // The fork that it names is of a time that module proxies do not have.
  replaceIn(join(source, 'go.mod'), [
    [/(github\.com\/containous\/go-http-auth) v\S+/, '$1 v0.4.1-0.20200324110947-a37a7636d23e'],
  ]);
  replaceIn(join(source, 'pkg', 'provider', 'acme', 'provider.go'), [
    [
      /dns\.NewDNSChallengeProviderByName\(p\.DNSChallenge\.Provider\)/,
      '(challenge.Provider)(nil), errors.New("built without DNS providers")',
    ],
    [/^.*lego\/v\d+\/providers\/dns"\n/m, ''],
  ]);
}

function replaceIn(file: string, changes: readonly (readonly [RegExp, string])[]): void {
  let text = readFileSync(file, 'utf8');
  for (const [found, instead] of changes) {
    if (!found.test(text)) throw new Error(`${file} does not have ${String(found)} any more`);
    text = text.replace(found, instead);
  }
  writeFileSync(file, text);
}
