// How long the certificate of an address is valid: node checks/certificate.mjs HOST:PORT [DAYS]. Prints a row, and exits with 1
// where it is valid for fewer than DAYS (30), or where there is none.
import { connect } from 'node:tls';

const [address = '127.0.0.1:443', days = '30'] = process.argv.slice(2);
const { hostname, port } = new URL(`https://${address}`);
// Whose it is and until when is what is wanted to know, of a wrong one too.
const socket = connect({
  host: hostname,
  port: Number(port === '' ? 443 : port),
  ...(/[a-z]/i.test(hostname) && { servername: hostname }),
  rejectUnauthorized: false,
});
socket.setTimeout(5000, () => socket.destroy(new Error('no answer within 5 s')));
socket.once('error', (error) => {
  console.log(`no certificate of ${address}: ${error.message}`);
  process.exitCode = 1;
});
socket.once('secureConnect', () => {
  const { subject, issuer, valid_from: from, valid_to: to } = socket.getPeerCertificate();
  const left = Math.floor((Date.parse(to) - Date.now()) / 86_400_000);
  const trusted = socket.authorized ? 'yes' : String(socket.authorizationError);
  const row = {
    address,
    subject: subject?.CN,
    issuer: issuer?.CN,
    from,
    to,
    days_left: left,
    trusted,
  };
  console.log(JSON.stringify([row]));
  process.exitCode = left >= Number(days) ? 0 : 1;
  socket.end();
});
