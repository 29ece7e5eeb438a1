// Compiles the sample contracts with solc, once: the result is kept in the build folder until a source changes.
// Owns build/contracts.json. Loads solc (a second of start-up) only when there is something to compile.

import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const FOLDERS = ['contracts/', '../../examples/guestbook/'].map((folder) => new URL(folder, import.meta.url));
const CHECKOUT = fileURLToPath(new URL('../../', import.meta.url));
export const BUILD = path.resolve(CHECKOUT, process.env.BUILD || 'build');

const require = createRequire(import.meta.url);

const SETTINGS = {
    evmVersion: 'paris', // runs on every chain that a test may fork or imitate
    optimizer: { enabled: true, runs: 1 },
    outputSelection: { '*': { '*': ['abi', 'evm.bytecode.object'] } },
};

/** Returns { name: { abi, bytecode } } for every contract that can be deployed. Throws with solc's messages. */
export async function compileAll() {
    const sources = readSources();
    const hash = contentHash(sources);
    const file = path.join(BUILD, 'contracts.json');
    const kept = readKept(file);
    if (kept?.hash === hash) return kept.contracts;
    const contracts = await compile(sources);
    mkdirSync(BUILD, { recursive: true });
    writeFileSync(`${file}.${process.pid}`, JSON.stringify({ hash, contracts }));
    renameSync(`${file}.${process.pid}`, file);
    return contracts;
}

function readSources() {
    const files = FOLDERS.flatMap((folder) => readdirSync(folder).map((name) => [name, new URL(name, folder)]));
    const sources = files.filter(([name]) => name.endsWith('.sol')).sort();
    return Object.fromEntries(sources.map(([name, file]) => [name, { content: readFileSync(file, 'utf8') }]));
}

/** The versions of solc and OpenZeppelin count as sources too. */
function contentHash(sources) {
    const versions = readFileSync(path.join(CHECKOUT, 'package-lock.json'), 'utf8');
    return createHash('sha256').update(JSON.stringify([sources, SETTINGS, versions])).digest('hex');
}

function readKept(file) {
    try {
        return JSON.parse(readFileSync(file, 'utf8'));
    } catch {
        return undefined; // none yet, or one that was cut short: compile again
    }
}

async function compile(sources) {
    const { default: solc } = await import('solc');
    const input = { language: 'Solidity', sources, settings: SETTINGS };
    const output = JSON.parse(solc.compile(JSON.stringify(input), { import: readImport }));
    const errors = (output.errors ?? []).filter((error) => error.severity === 'error');
    if (errors.length > 0) throw new Error(errors.map((error) => error.formattedMessage).join('\n'));
    const contracts = {};
    for (const name of Object.keys(sources)) {
        for (const [contract, { abi, evm }] of Object.entries(output.contracts[name] ?? {})) {
            if (evm.bytecode.object) contracts[contract] = { abi, bytecode: `0x${evm.bytecode.object}` };
        }
    }
    return contracts;
}

/** Imports of packages, such as @openzeppelin/contracts/...; those between our own sources never come here. */
function readImport(name) {
    try {
        return { contents: readFileSync(require.resolve(name), 'utf8') };
    } catch (error) {
        return { error: error.message };
    }
}
