// Certificates for the door to a private server: an authority that signs one for the door and one for its clients, and is
// forgotten then. Made anew at each start of `up`, so that none has to be renewed and an old copy opens nothing.
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import forge from 'node-forge';
import { writeWhole } from '../data-folder.ts';

/** Paths of PEM files that a client needs, readable by their owner only. */
export interface ClientFiles {
  authority: string;
  certificate: string;
  key: string;
}

/** What the door shows and asks for, as PEM. */
export interface DoorCertificates {
  authority: string;
  certificate: string;
  key: string;
}

const YEARS = 10;
const BITS = 2048;
/** Kinds of names in a certificate, as RFC 5280 numbers them. */
const DNS = 2;
const IP = 7;
const LOOPBACK = [
  { type: DNS, value: 'localhost' },
  { type: IP, ip: '127.0.0.1' },
];

/** Makes all three, and writes those of clients into `folder`. */
export function makeCertificates(folder: string): { client: ClientFiles; door: DoorCertificates } {
  const authority = keysOf();
  const issuer = [{ name: 'commonName', value: 'Fairlead, for one start of up' }];
  const signedBy = (subject: string, keys: Keys, extensions: object[]): string =>
    sealed(
      { subject: [{ name: 'commonName', value: subject }], issuer, keys, extensions },
      authority,
    );
  const ca = sealed({ subject: issuer, issuer, keys: authority, extensions: AUTHORITY }, authority);
  const [door, client] = [keysOf(), keysOf()];
  const serving = [
    ...LEAF,
    { name: 'extKeyUsage', serverAuth: true },
    { name: 'subjectAltName', altNames: LOOPBACK },
  ];
  const asking = [...LEAF, { name: 'extKeyUsage', clientAuth: true }];
  const files = {
    authority: join(folder, 'authority.pem'),
    certificate: join(folder, 'client.pem'),
    key: join(folder, 'client.key'),
  };
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeWhole(files.authority, ca);
  writeWhole(files.certificate, signedBy('a client', client, asking));
  writeWhole(files.key, client.pem);
  const certificate = signedBy('the door', door, serving);
  return { client: files, door: { authority: ca, certificate, key: door.pem } };
}

interface Keys {
  /** The private key, PKCS #1. */
  pem: string;
  private: forge.pki.rsa.PrivateKey;
  public: forge.pki.rsa.PublicKey;
}

const AUTHORITY = [
  { name: 'basicConstraints', cA: true, critical: true },
  { name: 'keyUsage', keyCertSign: true, critical: true },
];
const LEAF = [
  { name: 'basicConstraints', cA: false, critical: true },
  { name: 'keyUsage', digitalSignature: true, critical: true },
];

/** Made by node, which is faster at it. */
function keysOf(): Keys {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: BITS });
  const pem = privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();
  const spki = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  return {
    pem,
    private: forge.pki.privateKeyFromPem(pem),
    public: forge.pki.publicKeyFromPem(spki),
  };
}

interface Certified {
  subject: forge.pki.CertificateField[];
  issuer: forge.pki.CertificateField[];
  keys: Keys;
  extensions: object[];
}

function sealed({ subject, issuer, keys, extensions }: Certified, by: Keys): string {
  const made = forge.pki.createCertificate();
  made.publicKey = keys.public;
  // Positive, as RFC 5280 asks.
  made.serialNumber = `01${randomBytes(15).toString('hex')}`;
  const { notBefore, notAfter } = made.validity;
  // Clocks of one machine may be set back.
  notBefore.setDate(notBefore.getDate() - 1);
  notAfter.setFullYear(notBefore.getFullYear() + YEARS);
  made.setSubject(subject);
  made.setIssuer(issuer);
  made.setExtensions(extensions);
  made.sign(by.private, forge.md.sha256.create());
  return forge.pki.certificateToPem(made);
}
