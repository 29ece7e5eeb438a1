// Holds every answer of dappd against openapi.yaml: is the status documented for that route, are the headers there,
// does the body fit the schema? The harness asks on each request. Reads the document once; owns nothing.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { check, resolve } from '../../lint/schema.js';
import { CHECKOUT } from './process.js';
import { parseYaml } from './yaml.js';

export const OPENAPI = parseYaml(readFileSync(path.join(CHECKOUT, 'openapi.yaml'), 'utf8'));

/** Clients must bear new members, but the program of today has none that are not described. */
const STRICT = JSON.parse(JSON.stringify(OPENAPI), (key, node) =>
    node?.properties ? { ...node, additionalProperties: false } : node,
);

const deref = (node) => (node.$ref ? resolve(STRICT, node.$ref) : node);

/** The description of the route's operation, or undefined for what is no route. */
function operationOf(method, target) {
    const segments = target.split('?')[0].split('/').slice(1);
    const fits = (template) => {
        const parts = template.split('/').slice(1);
        return (
            parts.length === segments.length &&
            parts.every((part, i) => (part.startsWith('{') ? segments[i] !== '' : part === segments[i]))
        );
    };
    const found = Object.keys(STRICT.paths).find(fits);
    return found && STRICT.paths[found][method === 'HEAD' ? 'get' : method.toLowerCase()];
}

/** Throws when the answer is not one that the document allows. Other paths and methods only give problems. */
export function assertContract(method, target, answer) {
    const where = `${method} ${target} -> ${answer.status}`;
    const operation = operationOf(method, target);
    if (!operation) {
        if (answer.status >= 400 && method !== 'HEAD') assertFits(STRICT.components.schemas.Problem, answer, where);
        return;
    }
    const described = deref(operation.responses[answer.status] ?? operation.responses.default);
    assert.ok(
        operation.responses[answer.status] || [405, 414, 431, 500].includes(answer.status),
        `${where} is not documented`,
    );
    for (const [name, header] of Object.entries(described.headers ?? {}))
        assertHeader(name, deref(header), answer, where);
    if (method === 'HEAD' || answer.status === 304) return;
    if (!described.content) {
        assert.deepEqual([answer.headers['content-type'], answer.text], [undefined, ''], `${where} has no body`);
        return;
    }
    const type = answer.headers['content-type']?.split(';')[0];
    const content = Object.entries(described.content).find(([documented]) => documented.split(';')[0] === type);
    assert.ok(content, `${where} has the documented type, not ${type}`);
    if (/json$/.test(type)) assertFits(content[1].schema, answer, where);
}

function assertHeader(name, { required, schema }, answer, where) {
    const value = answer.headers[name.toLowerCase()];
    if (value === undefined) {
        assert.ok(!required, `${where} has the header ${name}`);
        return;
    }
    assert.deepEqual(check(STRICT, schema, schema.type === 'integer' ? Number(value) : value, name), [], where);
}

function assertFits(schema, answer, where) {
    assert.deepEqual(check(STRICT, schema, answer.json(), 'the body'), [], where);
}
