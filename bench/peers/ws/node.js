// SPDX-License-Identifier: MIT
// node.js HOST:PORT: on Node's ws, an echo of WebSocket messages; at /fan each message goes to all.
const { Server } = require('ws');
const [host, port] = process.argv[2].split(':');
const server = new Server({ host, port: Number(port), perMessageDeflate: false, backlog: 4096 });
server.on('connection', (ws, request) => {
  const room = request.url === '/fan' ? server.clients : [ws];
  ws.on('message', (data, isBinary) => {
    for (const one of room) one.send(data, { binary: isBinary });
  });
});
