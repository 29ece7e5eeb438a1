// A scene with accounts: a chain, PostgreSQL, and dappds that share the ring of keys that is known here, so that tests
// can forge with it. Whoever makes a scene ends it.

import { randomBytes } from 'node:crypto';
import { startBareChain } from './chain.js';
import { chainConfig, startDappd } from './dappd.js';
import { startServer } from './postgres.js';
import { stopAll } from './process.js';
import { SIGN_IN, bearer, newAccount, signIn } from './siwe.js';

/** What signs sessions: a name, and the key itself. */
export const RING = { name: 'current', key: randomBytes(32) };

export const ringSetting = ({ name, key }) => `${name}:${key.toString('base64url')}`;

/** The wallet whose user is an admin. */
export const ADMIN = newAccount();

class Scene {
    #dappds = [];

    constructor({ chain, server, database, chains }) {
        Object.assign(this, { chain, server, database, chains });
    }

    /** One more instance on the same database. In: settings by name that differ; database_url '' for one without. */
    async start(settings = {}) {
        const common = { ...SIGN_IN, auth_keys: ringSetting(RING), admins: ADMIN.address };
        const dappd = await startDappd({
            chains: this.chains,
            database_url: this.database.url,
            ...common,
            ...settings,
        });
        this.#dappds.push(dappd);
        return dappd;
    }

    sql(text) {
        return this.database.sql(text);
    }

    stop() {
        return stopAll(...this.#dappds, this.server, this.chain);
    }
}

/** In: otherChains, of the configuration, behind the one that is started here. */
export async function startScene({ otherChains = [] } = {}) {
    const chain = await startBareChain();
    const server = await startServer();
    const database = await server.databaseFor();
    return new Scene({ chain, server, database, chains: [chainConfig(chain.url), ...otherChains] });
}

/** An API key of the user who signs with these headers. Returns the answer's body with headers: those of its use. */
export async function makeKey(dappd, headers, scopes = ['read'], more = {}) {
    const answer = await dappd.post('/keys', { name: 'a key', scopes, ...more }, headers);
    if (answer.status !== 201) throw new Error(`no key: ${answer.text}`);
    const key = answer.json();
    return { ...key, headers: bearer(key.key) };
}

export const adminOf = (dappd) => signIn(dappd, ADMIN);

/** Any request with a body of JSON, or without one. */
export function ask(dappd, method, path, { body, headers = {} } = {}) {
    if (body === undefined) return dappd.request({ method, path, headers });
    const json = { 'content-type': 'application/json', ...headers };
    return dappd.request({ method, path, headers: json, body: JSON.stringify(body) });
}
