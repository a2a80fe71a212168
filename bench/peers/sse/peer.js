// SPDX-License-Identifier: MIT
// peer.js: server-sent events by Node's http, as an application would write them.
const http = require('http');
const server = http.createServer((request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write('retry: 1000\n\n');
    const ticker = setInterval(() => response.write('data: tick\n\n'), 24 * 3600 * 1000);
    request.on('close', () => clearInterval(ticker));
});
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}/`));
