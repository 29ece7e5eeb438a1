// What must hold in the tables of accounts at any moment, whatever died before: the rows and the audit log say the same.
// SQL of the tests' own; each question returns the rows that contradict it. Owns nothing.

import assert from 'node:assert/strict';

/** Number of the log's rows with this action for a user, or for a session or key. */
const logged = (actions, of) => `(SELECT count(*) FROM audit l WHERE l.action IN (${actions}) AND ${of})`;

const CONTRADICTIONS = {
    'a user without exactly one creation': `SELECT id FROM users u
        WHERE ${logged("'user.create'", 'l.user_id = u.id')} <> 1`,
    'a user that is there and was deleted': `SELECT id FROM users u
        WHERE ${logged("'user.delete'", 'l.user_id = u.id')} <> 0`,
    'a user that is gone without exactly one deletion': `SELECT user_id FROM audit a
        WHERE action = 'user.create' AND NOT EXISTS (SELECT FROM users u WHERE u.id = a.user_id)
        AND ${logged("'user.delete'", 'l.user_id = a.user_id')} <> 1`,
    'a row about a user that was never made': `SELECT id FROM audit a
        WHERE ${logged("'user.create'", 'l.user_id = a.user_id')} <> 1`,
    'a row about a user after its deletion': `SELECT a.id FROM audit a JOIN audit d ON d.user_id = a.user_id
        WHERE d.action = 'user.delete' AND a.id > d.id AND a.action LIKE 'user.%'`,
    'a version that is not 1 and the number of changes': `SELECT id, version FROM users u WHERE version <> 1 +
        ${logged("'user.update', 'address.add', 'address.remove'", 'l.user_id = u.id')}`,
    'addresses that are not those added less those removed': `SELECT id FROM users u
        WHERE (SELECT count(*) FROM addresses a WHERE a.user_id = u.id) <>
            (SELECT count(*) FROM audit l WHERE l.user_id = u.id AND
                (l.action = 'address.add' OR l.action = 'user.create' AND 'addresses' = ANY (l.members)))
            - ${logged("'address.remove'", 'l.user_id = u.id')}`,
    'a session without exactly one sign-in': `SELECT id FROM sessions s
        WHERE ${logged("'sign_in'", 'l.subject = s.id')} <> 1`,
    'a session that is there and has ended': `SELECT id FROM sessions s
        WHERE ${logged("'session.end', 'session.reused'", 'l.subject = s.id')} <> 0`,
    'a session that is gone without a reason': `SELECT subject FROM audit a
        WHERE action = 'sign_in' AND NOT EXISTS (SELECT FROM sessions s WHERE s.id = a.subject)
        AND ${logged("'session.end', 'session.reused'", 'l.subject = a.subject')} <> 1
        AND ${logged("'user.delete'", 'l.user_id = a.user_id')} = 0`,
    'a key without exactly one creation': `SELECT id FROM api_keys k
        WHERE ${logged("'key.create'", 'l.subject = k.id')} <> 1`,
    'a key that is there and was deleted': `SELECT id FROM api_keys k
        WHERE ${logged("'key.delete'", 'l.subject = k.id')} <> 0`,
    'a key that is gone without a deletion': `SELECT subject FROM audit a
        WHERE action = 'key.create' AND NOT EXISTS (SELECT FROM api_keys k WHERE k.id = a.subject)
        AND ${logged("'key.delete'", 'l.subject = a.subject')} <> 1
        AND ${logged("'user.delete'", 'l.user_id = a.user_id')} = 0`,
    'an Idempotency-Key for what was never made': `SELECT resource FROM idempotency_keys i
        WHERE ${logged("'key.create', 'user.create', 'address.add'", '(l.subject = i.resource OR l.user_id = i.resource)')} = 0`,
};

/** In: database, of postgres.js. */
export async function assertAccountsAgree(database, when) {
    for (const [what, question] of Object.entries(CONTRADICTIONS)) {
        assert.deepEqual(await database.sql(question), [], `${when}: ${what}`);
    }
    const [[proofs, spent]] = await database.sql(`SELECT
        (SELECT count(*) FROM audit WHERE action IN ('sign_in', 'address.add')), (SELECT count(*) FROM spent_nonces)`);
    assert.equal(spent, proofs, `${when}: one nonce for each sign-in and each address`);
}
