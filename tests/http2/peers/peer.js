// SPDX-License-Identifier: MIT
// peer.js: Node's http2 as a peer: "client URL [CA]", which ends with status 0 if all was as it has to be, and "server FOLDER
// [CERT KEY]", which prints its port, serves the files, and sends back what is posted; of "sockets CERT KEY [none]" it takes
// WebSockets over HTTP/2, and says again what they say, unless "none": then it takes them by HTTP/1.1 alone.
'use strict';
const assert = require('assert');
const crypto = require('crypto');
const fs = require('fs');
const http2 = require('http2');
const path = require('path');

const BIG = Buffer.alloc(3200000, '0123456789abcdef');

function ask(session, fields, body) {
  return new Promise((resolve, reject) => {
    const stream = session.request(fields);
    const pieces = [];
    let status;
    stream.on('response', (head) => { status = head[':status']; });
    stream.on('data', (piece) => pieces.push(piece));
    stream.on('error', reject);
    stream.on('end', () => resolve({ status, body: Buffer.concat(pieces) }));
    stream.end(body);
  });
}

async function client(url, ca) {
  const session = http2.connect(url, ca ? { ca: fs.readFileSync(ca) } : {});
  const failed = new Promise((_, reject) => session.on('error', reject));
  const get = (target) => ask(session, { ':path': target });
  const all = async () => {
    assert.deepStrictEqual(await get('/'), { status: 200, body: Buffer.from('Hello, World!') });
    assert.deepStrictEqual(await get('/no'), { status: 404, body: Buffer.from('Not Found') });
    assert.deepStrictEqual(await ask(session, { ':method': 'HEAD', ':path': '/' }), { status: 200, body: Buffer.alloc(0) });
    const echo = await ask(session, { ':method': 'POST', ':path': '/echo' }, BIG);
    assert(echo.status === 200 && echo.body.equals(BIG), `${echo.status}, ${echo.body.length} bytes`);
    const users = await Promise.all([...Array(100).keys()].map((n) => get(`/user/${n}`)));
    users.forEach((user, n) => assert.strictEqual(user.body.toString(), `${n}`));
    await new Promise((resolve, reject) => session.ping((err) => (err ? reject(err) : resolve())));
    // taken back in its middle: the connection goes on
    const left = session.request({ ':method': 'POST', ':path': '/echo' });
    left.write('one');
    await new Promise((resolve) => { left.once('data', resolve); });
    left.close(http2.constants.NGHTTP2_CANCEL);
    assert.strictEqual((await get('/')).status, 200);
  };
  await Promise.race([all(), failed]);
  await new Promise((resolve) => { session.close(resolve); });
}

function server(folder, cert, key) {
  const of = cert ? http2.createSecureServer({ cert: fs.readFileSync(cert), key: fs.readFileSync(key), allowHTTP1: true })
    : http2.createServer();
  of.on('request', (req, res) => {
    if (req.method === 'POST' || req.method === 'PUT') req.pipe(res);
    else if (req.method === 'HEAD') res.end();
    else res.end(fs.readFileSync(path.join(folder, req.url)));
  });
  of.listen(0, '127.0.0.1', () => console.log(of.address().port));
}

// Takes the frames of a client apart, each of which has a mask, and gives texts and the close back. Nothing is compressed.
function echo(stream) {
  let got = Buffer.alloc(0);
  const put = (first, body) => {
    const long = body.length > 65535 ? 8 : body.length > 125 ? 2 : 0;
    const head = Buffer.alloc(2 + long);
    head[0] = first;
    head[1] = long === 8 ? 127 : long === 2 ? 126 : body.length;
    if (long === 8) head.writeBigUInt64BE(BigInt(body.length), 2);
    if (long === 2) head.writeUInt16BE(body.length, 2);
    stream.write(Buffer.concat([head, body]));
  };
  const take = () => {
    if (got.length < 2) return false;
    const long = (got[1] & 127) === 127 ? 8 : (got[1] & 127) === 126 ? 2 : 0;
    if (got.length < 6 + long) return false;
    const n = long === 8 ? Number(got.readBigUInt64BE(2)) : long === 2 ? got.readUInt16BE(2) : got[1] & 127;
    if (got.length < 6 + long + n) return false;
    const mask = got.subarray(2 + long, 6 + long);
    const body = Buffer.from(got.subarray(6 + long, 6 + long + n)).map((byte, i) => byte ^ mask[i % 4]);
    put(got[0], body);
    if (got[0] === 0x88) stream.end();
    got = got.subarray(6 + long + n);
    return true;
  };
  stream.on('error', () => {});
  stream.on('data', (piece) => { got = Buffer.concat([got, piece]); while (take()) continue; });
}

function sockets(cert, key, none) {
  const of = http2.createSecureServer({ cert: fs.readFileSync(cert), key: fs.readFileSync(key), allowHTTP1: true,
    settings: { enableConnectProtocol: !none } });
  of.on('stream', (stream, fields) => {
    if (fields[':method'] !== 'CONNECT' || fields[':protocol'] !== 'websocket') return;
    assert(fields[':path'] === '/by2' && fields[':scheme'] === 'https' && fields['sec-websocket-version'] === '13');
    stream.respond({ ':status': 200 });
    echo(stream);
  });
  of.on('upgrade', (req, socket) => {
    const hash = crypto.createHash('sha1').update(`${req.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`);
    assert(none);
    socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n'
      + `sec-websocket-accept: ${hash.digest('base64')}\r\n\r\n`);
    echo(socket);
  });
  of.listen(0, '127.0.0.1', () => console.log(of.address().port));
}

const [what, ...rest] = process.argv.slice(2);
if (what === 'server') {
  server(...rest);
} else if (what === 'sockets') {
  sockets(...rest);
} else {
  client(...rest).catch((err) => { console.error(err); process.exit(1); });
}
