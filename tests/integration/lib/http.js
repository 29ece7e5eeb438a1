// HTTP as a client sees it: requests by Node's client, and raw sockets for what no client would send.
// Owns the sockets it opens.

import http from 'node:http';
import net from 'node:net';
import { gunzipSync } from 'node:zlib';
import { bounded } from './wait.js';

/**
 * In: host and port or socketPath; method, path, headers, body (text or bytes), agent (default: a connection of its
 * own).
 * Returns { status, headers, rawHeaders, bytes, text, json() }. Headers are lower case; text is unpacked.
 */
export function request({ body, headers = {}, agent = false, ...where }) {
    const length =
        body === undefined || headers['transfer-encoding'] ? {} : { 'content-length': Buffer.byteLength(body) };
    const answered = new Promise((resolve, reject) => {
        const sent = http.request({ ...where, agent, headers: { ...length, ...headers } }, (response) => {
            const chunks = [];
            response.on('data', (chunk) => chunks.push(chunk));
            response.once('error', reject);
            response.once('end', () => resolve(answerOf(response, Buffer.concat(chunks))));
        });
        sent.once('error', reject);
        sent.end(body);
    });
    return bounded(answered, `answer to ${where.method ?? 'GET'} ${where.path}`);
}

function answerOf(response, bytes) {
    const { statusCode: status, headers, rawHeaders } = response;
    const packed = headers['content-encoding'] === 'gzip' && bytes.length > 0;
    const text = (packed ? gunzipSync(bytes) : bytes).toString('utf8');
    return { status, headers, rawHeaders, bytes, text, json: () => JSON.parse(text) };
}

/** A connection for bytes of one's own making: write(bytes), received(), closed (a promise), end(), destroy(). */
export async function connect(target, options = {}) {
    const where = target.socketPath ? { path: target.socketPath } : { host: target.host, port: target.port };
    const socket = net.connect({ ...where, allowHalfOpen: true, ...options });
    let text = '';
    socket.setEncoding('latin1').on('data', (chunk) => {
        text += chunk;
    });
    const closed = new Promise((resolve) => {
        socket.once('end', () => resolve('end'));
        socket.once('close', () => resolve('close'));
        socket.once('error', (error) => resolve(error.code));
    });
    await bounded(
        new Promise((resolve, reject) => {
            socket.once('connect', resolve);
            socket.once('error', reject);
        }),
        'connection',
    );
    return {
        socket,
        closed,
        received: () => text,
        write: (bytes) => socket.write(bytes),
        end: () => socket.end(),
        destroy: () => socket.destroy(),
    };
}

/** Sends these bytes on a connection of their own and returns all that comes back until the server closes it. */
export async function exchangeRaw(target, bytes) {
    const connection = await connect(target);
    connection.write(bytes);
    await bounded(connection.closed, 'end of the connection');
    connection.destroy();
    return parseAnswers(connection.received());
}

/**
 * Splits what a connection has received into its complete answers, by Content-Length; an incomplete one is left out.
 * Returns [{ status, headers, text, json() }]. In: whether each one answers HEAD.
 */
export function parseAnswers(received, { head = false } = {}) {
    const answers = [];
    let rest = received;
    for (;;) {
        const end = rest.indexOf('\r\n\r\n');
        if (end < 0) return answers;
        const [statusLine, ...lines] = rest.slice(0, end).split('\r\n');
        const headers = Object.fromEntries(
            lines.map((line) => {
                const colon = line.indexOf(':');
                return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
            }),
        );
        const status = Number(statusLine.split(' ')[1]);
        const length = head || status === 204 || status === 304 ? 0 : Number(headers['content-length'] ?? 0);
        const body = rest.slice(end + 4, end + 4 + length);
        if (body.length < length) return answers;
        const text = Buffer.from(body, 'latin1').toString('utf8');
        answers.push({ status, headers, text, json: () => JSON.parse(text) });
        rest = rest.slice(end + 4 + length);
    }
}
