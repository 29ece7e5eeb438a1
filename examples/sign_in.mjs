#!/usr/bin/env node
// Signs in as a dApp's page does, and prints what a shell needs to go on as that user:
//   eval "$(node examples/sign_in.mjs)"
//   curl -H "Authorization: Bearer $ACCESS_TOKEN" http://127.0.0.1:8080/auth/session
// Environment: DAPPD_URL; DOMAIN, one of dappd's auth_domains (default: the host and port of DAPPD_URL); PRIVATE_KEY, or
// else ACCOUNT, which of the dev chain's accounts (default: 0, whose user make run makes an admin). Their keys are known to
// everybody: use them for nothing else.

import { mnemonicToAccount, privateKeyToAccount } from 'viem/accounts';
import { createSiweMessage } from 'viem/siwe';

const { DAPPD_URL: url = 'http://127.0.0.1:8080', PRIVATE_KEY: key, ACCOUNT: index = '0' } = process.env;
const { DOMAIN: domain = new URL(url).host } = process.env;
const DEV_MNEMONIC = 'test test test test test test test test test test test junk';

async function ask(path, body) {
    const post = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
    const answer = await fetch(url + path, body && post);
    const content = await answer.json();
    if (!answer.ok) throw new Error(`${path}: ${content.title}: ${content.detail}`);
    return content;
}

/** What the wallet shows and signs. Local pages are the only ones that may go without TLS. */
async function writeMessage(address) {
    const { nonce } = await ask('/auth/nonce');
    const { items: [chain] } = await ask('/chains');
    const scheme = /^(localhost|127\.0\.0\.1|\[::1\])(:|$)/.test(domain) ? 'http' : 'https';
    return createSiweMessage({
        domain,
        address,
        statement: 'Sign in to try dappd.',
        uri: `${scheme}://${domain}/`,
        version: '1',
        chainId: chain.id,
        nonce,
    });
}

const wallet = key ? privateKeyToAccount(key) : mnemonicToAccount(DEV_MNEMONIC, { addressIndex: Number(index) });
try {
    const message = await writeMessage(wallet.address);
    const grant = await ask('/auth/verify', { message, signature: await wallet.signMessage({ message }) });
    console.log(`export DAPPD_URL='${url}'`);
    console.log(`export ACCESS_TOKEN='${grant.access_token}'`);
    console.log(`export REFRESH_TOKEN='${grant.refresh_token ?? ''}'`);
    console.log(`export USER_ID='${grant.user.id ?? ''}'`);
    console.error(`signed in as ${grant.user.address}`);
} catch (error) {
    console.error(error.message);
    process.exitCode = 1;
}
