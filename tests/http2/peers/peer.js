// SPDX-License-Identifier: MIT
// peer.js: Node's http2 as a peer: "client URL [CA]", which ends with status 0 if all was as it has to be, and "server FOLDER
// [CERT KEY]", which prints its port, serves the files, and sends back what is posted.
'use strict';
const assert = require('assert');
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

const [what, ...rest] = process.argv.slice(2);
if (what === 'server') {
  server(...rest);
} else {
  client(...rest).catch((err) => { console.error(err); process.exit(1); });
}
