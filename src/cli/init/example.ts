// The service that `fairlead init` writes where there is no program yet: two versions to try a canary with.

export const EXAMPLE_VERSIONS = ['v1', 'v2'];

export function exampleProgram(version: string): string {
  return `// ${version} of an example: replace it by a program of your own.
import { createServer } from 'node:http';

const server = createServer((request, response) => {
  response.end(request.url === '/health' ? 'ok\\n' : 'hello from ${version}\\n');
});

process.on('SIGTERM', () => server.close(() => process.exit(0)));
server.listen(Number(process.env.PORT), process.env.HOST);
`;
}
