// The project's own tables, read from their source, so that a new row without a test fails one.
// Owns nothing.

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { CHECKOUT } from './process.js';

function rows(file, macro) {
    const source = readFileSync(path.join(CHECKOUT, file), 'utf8').replace(/\/\*[\s\S]*?\*\//g, '');
    const found = [...source.matchAll(new RegExp(`^${macro}\\(([\\s\\S]*?)\\)$`, 'gm'))];
    if (found.length === 0) throw new Error(`${file} has no ${macro}(...)`);
    return found.map(([, args]) => args.match(/"(?:[^"\\]|\\.)*"|[^,\s][^,]*/g).map((arg) => arg.trim()));
}

const unquoted = (text) => JSON.parse(text);

/** { code: { status, title, retryHelps } } */
export const ERRORS = Object.fromEntries(
    rows('include/core/errors.def', 'ERROR').map(([, status, code, title, retryHelps]) => [
        unquoted(code),
        { status: Number(status), title: unquoted(title), retryHelps: retryHelps === 'true' },
    ]),
);

/** [{ key, type, fallback, unit, min, max, secret }] */
export const SETTINGS = rows('include/config.def', 'SETTING').map(([key, type, fallback, unit, min, max, secret]) => ({
    key,
    type,
    fallback: unquoted(fallback),
    unit: unquoted(unit),
    min: Number(min),
    max: Number(max),
    secret: secret === 'true',
}));

/** [{ name, type }] */
export const METRICS = rows('include/core/metrics.def', 'METRIC').map(([, type, name]) => ({
    name: unquoted(name),
    type: type.toLowerCase(),
}));

/** [{ method, pattern, query, cost, access, scopes }] of routes/table.c; the last three by their names there. */
export const ROUTES = [
    ...readFileSync(path.join(CHECKOUT, 'routes/table.c'), 'utf8').matchAll(
        /\{HTTP_(\w+), "([^"]+)", \w+, \w+,\s+"([^"]*)",\s+COST_(\w+),\s+ACCESS_(\w+),\s+([\w\s|]+)\}/g,
    ),
].map(([, method, pattern, query, cost, access, scopes]) => ({
    method,
    pattern,
    query: query.split(' ').filter(Boolean),
    cost,
    access,
    scopes: scopes.match(/(?<=SCOPE_)\w+/g),
}));
