// Carries bytes between two connections, both ways, until both are through.
import { connect, createServer, type NetConnectOpts, type Server, type Socket } from 'node:net';

/** A server that carries each connection to a place; it does not listen yet. */
export function carryingTo(place: NetConnectOpts): Server {
  return createServer({ allowHalfOpen: true }, (socket) => {
    carry(socket, connect({ ...place, allowHalfOpen: true }));
  });
}

/** Both need `allowHalfOpen`: who has said everything may still listen. */
export function carry(one: Socket, other: Socket): void {
  const cut = (): void => {
    one.destroy();
    other.destroy();
  };
  for (const socket of [one, other]) {
    socket.setNoDelay(true);
    socket.once('error', cut);
    // Whoever ended in good order is followed by `pipe`, when all that was said has been carried.
    socket.once('close', () => {
      if (!socket.readableEnded) cut();
    });
  }
  one.pipe(other);
  other.pipe(one);
}
