#!/usr/bin/env node
// The example's guestbook as it is deployed: its source compiled into examples/guestbook/deploy.json, which is kept so
// that it takes nothing but curl to deploy it. Run it after a change of the source or of solc. Owns that file.

import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { compileAll } from './compile.js';

export const DEPLOY = new URL('../../examples/guestbook/deploy.json', import.meta.url);
export const REGISTER = new URL('../../examples/guestbook/register.json', import.meta.url);

/** Returns the text of deploy.json: a body of POST /deploy, from the first of the dev chain's accounts. */
export async function deployBody() {
    const { Guestbook: { bytecode } } = await compileAll();
    const body = {
        abi: ['constructor(string name)'],
        args: { name: 'Guests of the dev chain' },
        from: '0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266',
        bytecode,
    };
    return `${JSON.stringify(body, null, 2)}\n`;
}

/** Returns what the example registers. */
export const registered = () => JSON.parse(readFileSync(REGISTER, 'utf8'));

if (import.meta.url === pathToFileURL(process.argv[1]).href) writeFileSync(DEPLOY, await deployBody());
