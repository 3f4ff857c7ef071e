// Rooms: clients listen to one, and `POST /publish` with {"room", "data"} says something there. No log-in, no history, no rights.
// PEER_LIBRARY is `ws` or `socket.io`.

import { createServer } from 'node:http';
import { writeFileSync } from 'node:fs';
import { Server as SocketServer } from 'socket.io';
import { WebSocketServer } from 'ws';

const { PEER_LIBRARY, PEER_PORT, PEER_STATE } = process.env;

const http = createServer((request, response) => {
  let body = '';
  request.on('data', (part) => (body += part));
  request.on('end', () => {
    const { room, data } = JSON.parse(body);
    publish(room, data);
    response.end('{}');
  });
});
const publish = PEER_LIBRARY === 'ws' ? byHand(http) : bySocketIo(http);
http.listen(Number(PEER_PORT), '127.0.0.1', 4096, () => {
  writeFileSync(PEER_STATE, JSON.stringify({ listen: `127.0.0.1:${PEER_PORT}` }));
});

function byHand(server) {
  const rooms = new Map();
  const sockets = new WebSocketServer({ server, perMessageDeflate: false });
  sockets.on('connection', (socket) => {
    socket.on('message', (text) => {
      const room = JSON.parse(text).subscribe;
      if (!rooms.has(room)) rooms.set(room, new Set());
      rooms.get(room).add(socket);
      socket.on('close', () => rooms.get(room).delete(socket));
      socket.send('"listening"');
    });
  });
  return (room, data) => {
    const text = JSON.stringify(data);
    for (const socket of rooms.get(room) ?? []) socket.send(text);
  };
}

function bySocketIo(server) {
  const sockets = new SocketServer(server, { transports: ['websocket'], perMessageDeflate: false });
  sockets.on('connection', (socket) => {
    socket.on('subscribe', (room) => {
      socket.join(room);
      socket.emit('listening');
    });
  });
  return (room, data) => sockets.to(room).emit('said', data);
}
