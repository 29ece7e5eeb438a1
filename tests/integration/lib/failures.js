// How a node meets every eth_call, and the problem that a client gets for it.
// A table; owns nothing.

import { encodeErrorResult } from 'viem';
import * as faults from './faults.js';

const MEGABYTE = 1024 * 1024;

const reverted = (reason) =>
    encodeErrorResult({
        abi: [{ type: 'error', name: 'Error', inputs: [{ type: 'string', name: 'reason' }] }],
        args: [reason],
    });

const rpc = faults.rpcError;

/** [what it does, the problem's code, what its detail says] */
export const failures = {
    // on the way
    hangs: [faults.hang(), 'upstream_unavailable', /in time/],
    'stalls after the head': [faults.stall(), 'upstream_unavailable', /in time/],
    'resets the connection': [faults.reset(), 'upstream_unavailable', /reached/],
    'resets in the middle of the body': [faults.resetMidBody(), 'upstream_unavailable', /reached/],
    // not JSON-RPC
    'sends truncated JSON': [faults.truncatedJson(), 'upstream_error', /not understood/],
    'sends random bytes': [faults.garbage(), 'upstream_error', /not understood/],
    'speaks no HTTP': [faults.notHttp(), 'upstream_error', /not understood/],
    'sends nothing': [faults.empty(), 'upstream_error', /not understood/],
    'sends a page with 200': [faults.html(200), 'upstream_error', /not understood/],
    'sends a page with 502': [faults.html(502), 'upstream_unavailable', /reached/],
    redirects: [faults.status(302, { location: 'http://127.0.0.1:9/upstream-secret' }), 'upstream_error'],
    'sends JSON nested 100,000 deep': [faults.deepJson(), 'upstream_error', /not understood/],
    'sends the wrong id': [faults.wrongId(), 'upstream_error', /not understood/],
    'sends the id as text': [faults.stringId(), 'upstream_error', /not understood/],
    'sends no id': [faults.missingId(), 'upstream_error', /not understood/],
    'sends an answer twice': [faults.duplicated(), 'upstream_error', /not understood/],
    'sends neither result nor error': [faults.neitherResultNorError(), 'upstream_error', /not understood/],
    'sends a number as result': [faults.result(5), 'upstream_error'],
    'sends null as result': [faults.result(null), 'upstream_error'],
    'sends half a byte': [faults.result('0x123'), 'upstream_error'],
    'sends what is no hex': [faults.result('0xupstream-secret'), 'upstream_error'],
    'sends more than the limit': [faults.huge(4 * MEGABYTE), 'upstream_error', /too large/],
    'sends more than the limit, unannounced': [faults.hugeUnannounced(4 * MEGABYTE), 'upstream_error', /too large/],
    // refusals
    'answers 500': [faults.status(500, {}, 'upstream-secret'), 'upstream_unavailable', /reached/],
    'answers 503': [faults.status(503), 'upstream_unavailable', /reached/],
    'answers 401': [faults.status(401, {}, 'upstream-secret'), 'upstream_error', /reported an error/],
    'answers 404': [faults.status(404, {}, 'upstream-secret'), 'upstream_error', /reported an error/],
    'answers 413': [faults.status(413), 'upstream_error', /too large/],
    'answers 429': [faults.rateLimited(), 'upstream_unavailable', /limits the rate/],
    'answers 200 with code 429': [rpc(429, 'upstream-secret'), 'upstream_unavailable', /limits the rate/],
    'answers one error without id': [faults.wholeError(-32603, 'upstream-secret'), 'upstream_error'],
    // rate limits, in the words of different nodes
    'says -32005 rate limit': [
        rpc(-32005, 'project ID request rate exceeded upstream-secret'),
        'upstream_unavailable',
        /limits the rate/,
    ],
    'says -32005 and nothing': [rpc(-32005, ''), 'upstream_unavailable', /limits the rate/],
    'says -32600 compute units': [
        rpc(-32600, 'Your app has exceeded its compute units per second capacity'),
        'upstream_unavailable',
        /limits the rate/,
    ],
    'says -32007 request limit': [
        rpc(-32007, '50/second request limit reached'),
        'upstream_unavailable',
        /limits the rate/,
    ],
    // state that is gone
    'misses a trie node': [
        rpc(-32000, 'missing trie node 1234 (path 01) state 0x56 is not available'),
        'state_unavailable',
    ],
    'keeps no historical state': [rpc(-32000, 'historical state 0xab is not available'), 'state_unavailable'],
    'says 4444 pruned': [rpc(4444, 'pruned history unavailable'), 'state_unavailable'],
    'wants to be paid for old blocks': [rpc(-32602, 'Archive requests require a personal token'), 'state_unavailable'],
    // reverts
    'reverts with code 3': [rpc(3, 'execution reverted: paused', reverted('paused')), 'execution_reverted', /paused/],
    'reverts with -32000': [rpc(-32000, 'execution reverted'), 'execution_reverted', /reverted/],
    'reverts with -32015': [
        rpc(-32015, 'VM execution error.', `Reverted ${reverted('closed')}`),
        'execution_reverted',
        /closed/,
    ],
    'reverts in a result': [faults.result(reverted('in a result')), 'execution_reverted', /in a result/],
    'runs out of gas': [rpc(-32000, 'out of gas'), 'execution_reverted'],
    // other errors
    'does not know the method': [
        rpc(-32601, 'the method upstream-secret does not exist/is not available'),
        'upstream_error',
        /refused/,
    ],
    'refuses the parameters': [rpc(-32602, 'invalid argument 1: upstream-secret'), 'upstream_error', /refused/],
    'has an internal error': [rpc(-32603, 'upstream-secret'), 'upstream_error', /reported an error/],
    'times out itself': [rpc(-32000, 'request timed out'), 'upstream_error', /reported an error/],
    'sends an error that is text': [
        faults.text('{"jsonrpc":"2.0","id":1,"error":"upstream-secret"}'),
        'upstream_error',
    ],
};
