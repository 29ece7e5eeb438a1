#!/usr/bin/env node
// The dev chain as a program: anvil with the sample tokens and Multicall3, until a signal comes.
// Owns the anvil process and the file of addresses; both are gone when it ends.

import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { BUILD, deployAll, deployMulticall3, startAnvil } from './index.js';

const HELP = `usage: node dev/chain/main.js [--port N] [--file PATH] [--mine-every SECONDS] [-- ARGUMENT_OF_ANVIL...]
  --port N              where anvil listens on 127.0.0.1 (default: a free port)
  --file PATH           where the addresses are written as JSON (default: devchain.json in the build folder)
  --mine-every SECONDS  mine a block that often, besides one for each transaction (default: 0, never)`;

const options = readOptions();
let anvil;
let written = false;
let ending = false;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => end(0));
try {
    anvil = await startAnvil({ port: Number(options.port), args: options.anvilArgs });
    anvil.exited.then(({ code, signal }) => end(1, `anvil ended by itself (${signal ?? `status ${code}`})`));
    const chain = await deployAll(anvil.url);
    await deployMulticall3(anvil.url);
    writeAddresses(chain);
    console.log(`dev chain at ${chain.url} (chain id ${chain.chainId}), addresses in ${options.file}`);
    if (options.mineEvery > 0) setInterval(() => mine(anvil.url), options.mineEvery * 1000);
} catch (error) {
    end(1, error.message);
}

function readOptions() {
    const text = { type: 'string' };
    const flags = { port: text, file: text, 'mine-every': text, help: { type: 'boolean' } };
    try {
        const { values, positionals } = parseArgs({ options: flags, allowPositionals: true });
        if (values.help) {
            console.log(HELP);
            process.exit(0);
        }
        return {
            port: wholeNumber('--port', values.port ?? '0'),
            file: values.file ?? path.join(BUILD, 'devchain.json'),
            mineEvery: wholeNumber('--mine-every', values['mine-every'] ?? '0'),
            anvilArgs: positionals,
        };
    } catch (error) {
        console.error(`${error.message}\n${HELP}`);
        process.exit(2);
    }
}

function wholeNumber(flag, value) {
    if (!/^\d{1,5}$/.test(value)) throw new Error(`${flag} takes a whole number, not '${value}'`);
    return Number(value);
}

/** Appears whole or not at all, as others wait for it. */
function writeAddresses({ url, chainId, holders, blocks, tokens }) {
    const addresses = Object.fromEntries(Object.entries(tokens).map(([key, { address }]) => [key, address]));
    const json = JSON.stringify({ url, chain_id: chainId, pid: anvil.pid, holders, blocks, tokens: addresses }, null, 2);
    mkdirSync(path.dirname(options.file), { recursive: true });
    writeFileSync(`${options.file}.${process.pid}`, `${json}\n`);
    renameSync(`${options.file}.${process.pid}`, options.file);
    written = true;
}

async function mine(url) {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'evm_mine', params: [] });
    await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body }).catch(() => {});
}

/** The first call decides: stopping anvil makes its `exited` call again. */
async function end(status, message) {
    if (ending) return;
    ending = true;
    if (message) console.error(`dev chain: ${message}`);
    await anvil?.stop();
    if (written) rmSync(options.file, { force: true });
    process.exit(status);
}
