// What every error must look like: RFC 9457, the row of errors.def, and nothing that a cache would keep.
// Owns nothing.

import assert from 'node:assert/strict';
import { ERRORS } from './tables.js';

/** Returns the parsed problem. In: detail, a pattern that its text must match. */
export function assertProblem(answer, code, detail = /./) {
    const row = ERRORS[code];
    const where = `${code}: ${answer.status} ${answer.text}`;
    assert.ok(row, `errors.def has ${code}`);
    assert.equal(answer.status, row.status, where);
    assert.equal(answer.headers['content-type'], 'application/problem+json', where);
    assert.equal(answer.headers['cache-control'], 'no-store', where);
    const { type, title, status, detail: text, code: given, request_id, retry_after, revert, ...others } = answer.json();
    assert.deepEqual(
        { type, title, status, code: given, others },
        { type: 'about:blank', title: row.title, status: row.status, code, others: {} },
    );
    assert.equal(request_id, answer.headers['x-request-id'], where);
    assert.match(text, detail);
    assert.ok(revert === undefined || code === 'execution_reverted', where);
    assertRetry(answer, row.status, retry_after);
    return answer.json();
}

function assertRetry(answer, status, retryAfter) {
    if (status !== 429 && status !== 503) return;
    assert.ok(Number.isInteger(retryAfter) && retryAfter >= 1, answer.text);
    assert.equal(answer.headers['retry-after'], String(retryAfter));
}
