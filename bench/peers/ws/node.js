// SPDX-License-Identifier: MIT
// node.js HOST:PORT: an echo of WebSocket messages on Node's ws.
const { Server } = require('ws');
const [host, port] = process.argv[2].split(':');
const server = new Server({ host, port: Number(port), perMessageDeflate: false, backlog: 4096 });
server.on('connection', ws =>
  ws.on('message', (data, isBinary) => ws.send(data, { binary: isBinary })));
