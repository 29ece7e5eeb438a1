// Attacks on signing in, each under its own name: replayed and foreign nonces, other domains and those that look alike,
// messages out of their time, changed text, signatures that should not count, contracts that agree to everything.
// Owns its chains, its PostgreSQL and its dappds.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { getAddress, keccak256, toHex } from 'viem';
import { startScene } from './lib/accounts.js';
import * as wallets from './lib/attack_wallets.js';
import { startBareChain } from './lib/chain.js';
import { chainConfig } from './lib/dappd.js';
import { exchangeRaw } from './lib/http.js';
import { assertProblem } from './lib/problem.js';
import { stopAll } from './lib/process.js';
import { randomAddress } from './lib/random.js';
import {
    CHAIN_ID,
    DOMAIN,
    ahead,
    askNonce,
    grantOf,
    messageFor,
    newAccount,
    now,
    signIn,
    signedMessage,
    verify,
} from './lib/siwe.js';
import { until } from './lib/wait.js';

const OTHER_CHAIN = 31338;

let scene, otherChain, dappd, neighbour;

before(async () => {
    otherChain = await startBareChain({ args: ['--chain-id', String(OTHER_CHAIN)] });
    scene = await startScene({ otherChains: [chainConfig(otherChain.url, { name: 'other' })] });
    [dappd, neighbour] = await Promise.all([scene.start(), scene.start()]);
});
after(() => stopAll(scene, otherChain));

const countOf = async (table) => Number((await scene.sql(`SELECT count(*) FROM ${table}`))[0][0]);

/** Sends what must be refused, and sees that nobody has been signed in by it. Returns the problem. */
async function assertRefused(signed, code, detail) {
    const before = await countOf('sessions');
    const problem = assertProblem(await verify(dappd, signed), code, detail);
    assert.equal(await countOf('sessions'), before, 'sessions');
    return problem;
}

/** A good message of a new wallet, with its text changed before it is signed. */
async function signedText(change, fields) {
    const wallet = newAccount();
    const message = change(await messageFor(dappd, wallet.address, fields));
    return { message, signature: await wallet.signMessage({ message }) };
}

/** One named test: a message with these fields, or with its text changed, is refused with this error. */
function refuses(name, code, make) {
    test(name, async () => assertRefused(await make(), code));
}

const withFields = (fields) => () => signedMessage(dappd, newAccount(), fields);
const withText = (change) => () => signedText(change);
const replacing = (from, to) =>
    withText((text) => {
        assert.ok(text.includes(from), text);
        return text.replace(from, () => to);
    });

test('what follows is refused for its own sake: unchanged, it signs in', async () => {
    for (const make of [withFields({}), withText((text) => text), withFields({ statement: 'Hello.' })]) {
        grantOf(await verify(dappd, await make()));
    }
});

// --- nonces ---

test('a nonce replayed', async () => {
    const signed = await signedMessage(dappd, newAccount());
    grantOf(await verify(dappd, signed));
    await assertRefused(signed, 'invalid_nonce');
});

test('a nonce replayed by another wallet', async () => {
    const nonce = await askNonce(dappd);
    await signIn(dappd, newAccount(), { nonce });
    await assertRefused(await signedMessage(dappd, newAccount(), { nonce }), 'invalid_nonce');
});

test('a nonce replayed at two instances at once: one sign-in', async () => {
    const signed = await signedMessage(dappd, newAccount());
    const before = await countOf('sessions');
    const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => verify(i % 2 ? neighbour : dappd, signed)));
    const refused = answers.filter(({ status }) => status !== 200);
    assert.equal(refused.length, 19);
    for (const answer of refused) assertProblem(answer, 'invalid_nonce');
    assert.equal(await countOf('sessions'), before + 1);
});

test('a wrong signature does not use up the nonce of somebody else', async () => {
    const signed = await signedMessage(dappd, newAccount());
    const signature = await newAccount().signMessage({ message: signed.message });
    await assertRefused({ ...signed, signature }, 'signature_mismatch');
    grantOf(await verify(dappd, signed));
});

refuses("a nonce of one's own making", 'invalid_nonce', () => withFields({ nonce: randomBytes(48).toString('hex') })());

refuses("a nonce of one's own making, short", 'invalid_nonce', withFields({ nonce: 'abcdefgh' }));

refuses('a nonce with one character changed', 'invalid_nonce', async () => {
    const nonce = await askNonce(dappd);
    return withFields({ nonce: nonce.slice(0, -1) + (nonce.endsWith('a') ? 'b' : 'a') })();
});

refuses('a nonce in another case', 'invalid_nonce', async () => {
    const nonce = await askNonce(dappd);
    const swapped = [...nonce].map((c) => (c === c.toUpperCase() ? c.toLowerCase() : c.toUpperCase())).join('');
    return withFields({ nonce: swapped })();
});

test('a nonce of an instance with another ring of keys', async () => {
    const stranger = await scene.start({ auth_keys: `other:${randomBytes(32).toString('base64url')}` });
    const signed = await signedMessage(stranger, newAccount());
    await assertRefused(signed, 'invalid_nonce');
    grantOf(await verify(stranger, signed));
    await stranger.stop();
});

test('a nonce that has expired', async () => {
    const hasty = await scene.start({ nonce_ttl_s: 1 });
    const { nonce, expires_at } = await hasty.json('/auth/nonce');
    const signed = await signedMessage(hasty, newAccount(), { nonce });
    assert.ok(expires_at <= now() + 1);
    await until(() => now() >= expires_at, 'end of the nonce');
    assertProblem(await verify(hasty, signed), 'invalid_nonce', /expired/);
    await hasty.stop();
});

// --- domains ---

refuses('a foreign domain', 'domain_mismatch', withFields({ domain: 'evil.example' }));

const lookAlikes = {
    'with a port': `${DOMAIN}:8443`,
    "with the scheme's port": `${DOMAIN}:443`,
    'in capitals': DOMAIN.toUpperCase(),
    'with one capital': DOMAIN.replace('a', 'A'),
    'with a trailing dot': `${DOMAIN}.`,
    'as a subdomain': `www.${DOMAIN}`,
    'as the beginning of another': `${DOMAIN}.evil.example`,
    'as the end of another': `evil-${DOMAIN}`,
    'cut short': DOMAIN.slice(1),
};
for (const [how, domain] of Object.entries(lookAlikes)) {
    refuses(`a look-alike domain: ${how}`, 'domain_mismatch', replacing(`${DOMAIN} wants`, `${domain} wants`));
}

const unlikelyDomains = {
    'userinfo before another host': `${DOMAIN}@evil.example`,
    'userinfo before the host': `evil.example@${DOMAIN}`,
    'a Cyrillic letter': DOMAIN.replace('a', '\u0430'),
    'a full stop of another script': DOMAIN.replace('.', '\u3002'),
    'a zero-width space': DOMAIN.replace('.', '\u200b.'),
    'a path behind it': `${DOMAIN}/login`,
    'a second one behind a comma': `${DOMAIN},evil.example`,
    'a backslash': `evil.example\\${DOMAIN}`,
    'an escaped letter': DOMAIN.replace('a', '%61'),
    'an empty port': `${DOMAIN}:`,
    nothing: '',
};
for (const [how, domain] of Object.entries(unlikelyDomains)) {
    test(`a look-alike domain: ${how}`, async () => {
        const signed = await replacing(`${DOMAIN} wants`, `${domain} wants`)();
        const answer = await verify(dappd, signed);
        assertProblem(answer, answer.status === 400 ? 'invalid_message' : 'domain_mismatch');
    });
}

const foreignUris = {
    'of another host': 'https://evil.example/',
    'with the domain as userinfo': `https://${DOMAIN}@evil.example/`,
    'with userinfo': `https://evil@${DOMAIN}/`,
    'with another port': `https://${DOMAIN}:8443/`,
    'with the domain in its path': `https://evil.example/${DOMAIN}`,
    'with the domain in its fragment': `https://evil.example#${DOMAIN}`,
    "of the domain's parent": `https://${DOMAIN.slice(DOMAIN.indexOf('.') + 1)}/`,
    'that is no web page': `ftp://${DOMAIN}/`,
};
for (const [how, uri] of Object.entries(foreignUris)) {
    refuses(`a URI ${how}`, 'uri_mismatch', withFields({ uri }));
}

test('a Host, an Origin or a forwarded host makes no domain one of ours', async () => {
    const signed = await signedMessage(dappd, newAccount(), { domain: 'evil.example', uri: 'https://evil.example/' });
    const body = JSON.stringify(signed);
    const head = `Content-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close`;
    for (const forged of [
        'Host: evil.example',
        'Host: x\r\nX-Forwarded-Host: evil.example\r\nOrigin: https://evil.example',
    ]) {
        const [answer] = await exchangeRaw(
            dappd.target,
            `POST /auth/verify HTTP/1.1\r\n${forged}\r\n${head}\r\n\r\n${body}`,
        );
        assertProblem(answer, 'domain_mismatch');
    }
});

// --- time and chain ---

refuses('a message that has expired', 'message_expired', withFields({ expirationTime: ahead(-1) }));
refuses('a message that is not valid yet', 'message_not_yet_valid', withFields({ notBefore: ahead(3600) }));
refuses('a message from the future', 'issued_in_future', withFields({ issuedAt: ahead(3600) }));
refuses('a message that was issued long before its nonce', 'invalid_nonce', withFields({ issuedAt: ahead(-3600) }));

refuses('the wrong chain', 'chain_not_served', withFields({ chainId: 1 }));
refuses('a chain id that is one of ours modulo 2^32', 'chain_not_served', replacing('31337', String(31337 + 2 ** 32)));
refuses('a chain id with a leading zero', 'invalid_message', replacing('Chain ID: 31337', 'Chain ID: 031337'));
refuses('a chain id beyond 64 bits', 'invalid_message', replacing('31337', String(2n ** 64n + 31337n)));

// --- text ---

refuses(
    'a message with CR',
    'invalid_message',
    withText((text) => text.replaceAll('\n', '\r\n')),
);
refuses(
    'a message with one CR',
    'invalid_message',
    withText((text) => text.replace('Nonce', '\rNonce')),
);
refuses(
    'a message with an extra line at the end',
    'invalid_message',
    withText((text) => `${text}\nGrants: everything`),
);
refuses('a message with an extra line inside', 'invalid_message', replacing('Version:', 'Grants: all\nVersion:'));
refuses(
    'a message with an empty line at the end',
    'invalid_message',
    withText((text) => `${text}\n`),
);
refuses('a message with a second nonce', 'invalid_message', async () => {
    const other = await askNonce(dappd);
    return signedText((text) => text.replace(/(Nonce: .*)/, `$1\nNonce: ${other}`));
});
refuses(
    'a message behind another one',
    'invalid_message',
    withText((text) => `${text}\n\n${text}`),
);
refuses('a statement of two lines', 'invalid_message', replacing('\n\nURI', '\n\nOne.\nTwo.\n\nURI'));
refuses(
    'a message with NUL',
    'invalid_json',
    withText((text) => text.replace('Version', '\0Version')),
);
refuses('another version', 'invalid_message', replacing('Version: 1', 'Version: 2'));
refuses(
    'an address whose checksum is wrong',
    'checksum_mismatch',
    withText((text) =>
        text.replace(/0x[0-9a-fA-F]{40}/, (address) =>
            address.replace(/[a-fA-F](?=[^a-fA-F]*$)/, (c) =>
                c === c.toUpperCase() ? c.toLowerCase() : c.toUpperCase(),
            ),
        ),
    ),
);

test('a statement that looks like the head of a message of ours does not make it one', async () => {
    const statement = `${DOMAIN} wants you to sign in with your Ethereum account: URI: https://${DOMAIN}/`;
    await assertRefused(await withFields({ domain: 'evil.example', statement })(), 'domain_mismatch');
});

// --- signatures ---

/** A good message with its signature changed. */
const withSignature = (change) => async () => {
    const signed = await signedMessage(dappd, newAccount());
    return { ...signed, signature: change(signed.signature) };
};

refuses('a high s', 'invalid_signature', withSignature(wallets.withHighS));
refuses(
    'r of zero',
    'invalid_signature',
    withSignature((it) => wallets.altered(it, { r: 0n })),
);
refuses(
    's of zero',
    'invalid_signature',
    withSignature((it) => wallets.altered(it, { s: 0n })),
);
refuses(
    "r of the group's order",
    'invalid_signature',
    withSignature((it) => wallets.altered(it, { r: wallets.GROUP_ORDER })),
);
refuses(
    'v of 29',
    'invalid_signature',
    withSignature((it) => wallets.altered(it, { v: 29 })),
);
refuses(
    'v of 2',
    'invalid_signature',
    withSignature((it) => wallets.altered(it, { v: 2 })),
);
refuses(
    'r of all ones',
    'invalid_signature',
    withSignature((it) => wallets.altered(it, { r: 2n ** 256n - 1n })),
);
refuses(
    'the other parity',
    'signature_mismatch',
    withSignature((it) => `${it.slice(0, -2)}${it.endsWith('1b') ? '1c' : '1b'}`),
);

test('a truncated signature', async () => {
    const signed = await signedMessage(dappd, newAccount());
    for (const bytes of [0, 1, 32, 63]) {
        await assertRefused({ ...signed, signature: signed.signature.slice(0, 2 + 2 * bytes) }, 'invalid_signature');
    }
    await assertRefused({ ...signed, signature: signed.signature.slice(0, -1) }, 'invalid_signature');
    await assertRefused({ ...signed, signature: `${signed.signature}00` }, 'invalid_signature');
});

test('what is no signature at all', async () => {
    const { message } = await signedMessage(dappd, newAccount());
    for (const signature of ['', '0x', 'null', '0xzz', `0x${'0'.repeat(130)}`, `0x${'ff'.repeat(65)}`]) {
        const answer = await verify(dappd, { message, signature });
        assertProblem(answer, answer.json().code === 'invalid_json' ? 'invalid_json' : 'invalid_signature');
    }
});

refuses('a signature of another message', 'signature_mismatch', async () => {
    const wallet = newAccount();
    const [signed, other] = [await signedMessage(dappd, wallet), await signedMessage(dappd, wallet)];
    return { ...signed, signature: other.signature };
});

refuses(
    'a signature over the bare hash, without the prefix that keeps it apart from transactions',
    'signature_mismatch',
    async () => {
        const wallet = newAccount();
        const message = await messageFor(dappd, wallet.address);
        return { message, signature: await wallet.sign({ hash: keccak256(toHex(message)) }) };
    },
);

// --- contracts ---

/** A message for this address, with a signature of somebody else's or of one's own making. */
async function claimed(address, { chainId = CHAIN_ID, signature } = {}) {
    const message = await messageFor(dappd, address, { chainId });
    return { message, signature: signature ?? (await newAccount().signMessage({ message })) };
}

async function contractOn(chain, code, address = getAddress(randomAddress())) {
    await chain.client.setCode({ address, bytecode: code });
    return address;
}

const mineBoth = () => Promise.all([scene.chain, otherChain].map(({ client }) => client.mine({ blocks: 1 })));

/** A contract is seen once the head has moved past it. */
async function contracts(...made) {
    const addresses = await Promise.all(made.map(([chain, code, address]) => contractOn(chain, code, address)));
    await mineBoth();
    await dappd.untilHead(await scene.chain.client.getBlockNumber());
    return addresses;
}

test('a message for another address, signed by the contract of an attacker', async () => {
    const [attacker] = await contracts([scene.chain, wallets.AGREES]);
    grantOf(await verify(dappd, await claimed(attacker)));
    const victim = newAccount().address;
    await assertRefused(await claimed(victim), 'signature_mismatch');
    const inside = wallets.wrapped(attacker, '0x', `0x${'11'.repeat(65)}`);
    await assertRefused(await claimed(victim, { signature: inside }), 'signature_mismatch');
});

test('an ERC-6492 wrapper around an account that stays without code', async () => {
    const [factory] = await contracts([scene.chain, wallets.AGREES]);
    for (const inner of ['0x', `0x${'11'.repeat(65)}`]) {
        const signature = wallets.wrapped(factory, '0xdeadbeef', inner);
        await assertRefused(await claimed(newAccount().address, { signature }), 'signature_mismatch');
    }
    const nobody = wallets.wrapped(getAddress(randomAddress()), '0x', '0x');
    await assertRefused(await claimed(newAccount().address, { signature: nobody }), 'signature_mismatch');
});

test('a wrapper whose parts lie outside of it', async () => {
    const good = wallets.wrapped(getAddress(randomAddress()), '0x', '0x');
    const far = good.replace(`${'60'.padStart(64, '0')}`, 'f'.repeat(64));
    assert.notEqual(far, good);
    await assertRefused(await claimed(newAccount().address, { signature: far }), 'invalid_signature');
});

test('a contract that refuses, and one that answers the magic value at the wrong end', async () => {
    const made = await contracts([scene.chain, wallets.REFUSES], [scene.chain, wallets.AGREES_AT_THE_END]);
    for (const address of made) await assertRefused(await claimed(address), 'signature_mismatch');
});

test('a contract that agrees to everything, at another chain: not this one', async () => {
    const address = getAddress(randomAddress());
    await contracts([scene.chain, wallets.REFUSES, address], [otherChain, wallets.AGREES, address]);
    await assertRefused(await claimed(address), 'signature_mismatch');
    const there = grantOf(await verify(dappd, await claimed(address, { chainId: OTHER_CHAIN })));
    assert.equal(there.user.chain_id, OTHER_CHAIN);
});

test('the same address on two chains is two users, and neither that of the key', async () => {
    const owner = newAccount();
    const own = await signIn(dappd, owner);
    await contracts([scene.chain, wallets.AGREES, owner.address], [otherChain, wallets.AGREES, owner.address]);
    const here = grantOf(await verify(dappd, await claimed(owner.address)));
    const there = grantOf(await verify(dappd, await claimed(owner.address, { chainId: OTHER_CHAIN })));
    assert.equal(new Set([own, here, there].map(({ user }) => user.id)).size, 3);
    assert.equal(
        (await signIn(dappd, owner, { chainId: OTHER_CHAIN })).user.id,
        own.user.id,
        'its key is known on all',
    );
});
