// A service that does what HTTP allows and few services do, each at a path of its own. Its answers are written by hand where
// Node would not write them so.
import { createServer } from 'node:http';
import process from 'node:process';
import { setTimeout } from 'node:timers';
import { URL } from 'node:url';

const server = createServer((request, response) => {
  const path = new URL(request.url, 'http://service').pathname;
  const raw = (text) => request.socket.write(text);
  switch (path) {
    case '/health':
      return response.end('ok');
    case '/hints':
      raw('HTTP/1.1 102 Processing\r\n\r\n');
      raw('HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\nX-Early: yes\r\n\r\n');
      response.writeHead(200, { trailer: 'x-sum', 'set-cookie': ['a=1', 'b=2'] });
      response.write('whole');
      response.addTrailers({ 'x-sum': 'abc', 'x-real-ip': '1.2.3.4' });
      return response.end();
    case '/early':
      // Answers without having read the body, and closes: the kernel resets the connection.
      request.socket.end(
        'HTTP/1.1 413 Payload Too Large\r\nContent-Length: 8\r\nConnection: close\r\n\r\ntoo much',
        () => request.socket.destroy(),
      );
      return;
    case '/half':
      raw('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf');
      return setTimeout(() => request.socket.destroy(), 50);
    // Written by hand to the end: Node would not, and nothing may follow on the connection.
    case '/chunked':
      raw('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n');
      return request.socket.end('5\r\nwhole\r\n0\r\nx-sum: abc\r\n\r\n');
    case '/switched':
      raw('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: odd\r\n\r\n');
      return raw('HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nsmuggled');
    case '/empty':
      response.writeHead(204);
      return response.end();
    case '/same':
      response.writeHead(304, { etag: '"1"', 'content-length': '5' });
      return response.end();
    default:
      return echo(request, response);
  }
});

async function echo(request, response) {
  let length = 0;
  for await (const chunk of request) length += chunk.length;
  const { method, url, headers, trailers, rawHeaders } = request;
  const body = JSON.stringify({
    method,
    url,
    headers,
    trailers,
    length,
    fields: rawHeaders.length,
  });
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length });
  response.end(body);
}

server.on('checkContinue', (request, response) => {
  if (request.url === '/refused') {
    response.writeHead(417, { 'content-length': '2' });
    response.end('no');
    return;
  }
  if (request.url !== '/silent') response.writeContinue();
  server.emit('request', request, response);
});

// What is no WebSocket never comes here with its offer: `upgraded` would say so.
server.on('upgrade', (request, socket) => {
  if (request.url === '/plain') {
    socket.end('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nplain');
  } else if (request.url === '/required') {
    socket.end('HTTP/1.1 426 Upgrade Required\r\nUpgrade: websocket\r\nContent-Length: 0\r\n\r\n');
  } else if (request.url === '/status') {
    socket.end('HTTP/1.1 099 Odd\r\nContent-Length: 0\r\n\r\n');
  } else if (request.url === '/odd') {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: odd\r\n\r\n');
  } else if (request.headers.upgrade !== 'websocket') {
    socket.end('HTTP/1.1 500 upgraded\r\nContent-Length: 0\r\n\r\n');
  } else {
    socket.write(
      'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
    );
    socket.pipe(socket);
  }
});

server.listen(Number(process.env.PORT), process.env.HOST);
process.on('SIGTERM', () => process.exit(0));
