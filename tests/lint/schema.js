// Checks values against the JSON schemas of openapi.yaml: the few keywords it uses, and an error on any other, so that
// nothing is skipped unseen.
// Pure functions. Source: JSON Schema 2020-12.

const ANNOTATIONS = new Set(['description', 'title', 'summary', 'example', 'examples']);

/** Follows "#/components/..." from the document's root. */
export function resolve(root, ref) {
    let node = root;
    for (const step of ref.replace(/^#\//, '').split('/')) {
        node = node?.[step.replaceAll('~1', '/').replaceAll('~0', '~')];
    }
    if (!ref.startsWith('#/') || node === undefined) throw new Error(`nothing at ${ref}`);
    return node;
}

/** What is wrong with the value, as sentences that begin with the place in it; empty when nothing is. */
export function check(root, schema, value, place = 'the value') {
    const found = [];
    for (const [keyword, argument] of Object.entries(schema)) {
        if (ANNOTATIONS.has(keyword)) continue;
        const rule = RULES[keyword];
        if (!rule) throw new Error(`${place}: the schema keyword ${keyword} is not known here`);
        found.push(...rule({ root, schema, value, place }, argument));
    }
    return found;
}

function typeOf(value) {
    if (value === null) return 'null';
    if (Array.isArray(value)) return 'array';
    return Number.isInteger(value) ? 'integer' : typeof value;
}

const complain = (at, sentence) => [`${at.place} ${sentence}`];
const isObject = (value) => typeOf(value) === 'object';
const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

/** A rule that says nothing about values of other types. */
const forType = (type, holds, sentence) => (at, argument) =>
    typeOf(at.value) !== type || holds(at.value, argument) ? [] : complain(at, `${sentence} ${argument}`);

const RULES = {
    $ref: (at, ref) => check(at.root, resolve(at.root, ref), at.value, at.place),
    type: (at, types) => {
        const type = typeOf(at.value);
        const allowed = [types].flat();
        if (allowed.includes(type) || (type === 'integer' && allowed.includes('number'))) return [];
        return complain(at, `is ${type}, not ${allowed.join(' or ')}`);
    },
    const: (at, wanted) => (same(at.value, wanted) ? [] : complain(at, `is not ${JSON.stringify(wanted)}`)),
    enum: (at, all) => (all.some((one) => same(at.value, one)) ? [] : complain(at, `is none of ${JSON.stringify(all)}`)),
    pattern: forType('string', (text, pattern) => new RegExp(pattern, 'u').test(text), 'does not match'),
    minLength: forType('string', (text, n) => [...text].length >= n, 'is shorter than'),
    maxLength: forType('string', (text, n) => [...text].length <= n, 'is longer than'),
    minimum: forType('integer', (value, n) => value >= n, 'is below'),
    maximum: forType('integer', (value, n) => value <= n, 'is above'),
    minItems: forType('array', (items, n) => items.length >= n, 'has fewer items than'),
    maxItems: forType('array', (items, n) => items.length <= n, 'has more items than'),
    items: (at, schema) => {
        if (!Array.isArray(at.value)) return [];
        return at.value.flatMap((item, i) => check(at.root, schema, item, `${at.place}[${i}]`));
    },
    maxProperties: forType('object', (object, n) => Object.keys(object).length <= n, 'has more members than'),
    required: (at, names) => {
        if (!isObject(at.value)) return [];
        return names.filter((name) => !(name in at.value)).flatMap((name) => complain(at, `has no member ${name}`));
    },
    properties: (at, schemas) => {
        if (!isObject(at.value)) return [];
        const present = Object.keys(schemas).filter((name) => name in at.value);
        return present.flatMap((name) => check(at.root, schemas[name], at.value[name], `${at.place}.${name}`));
    },
    additionalProperties: (at, allowed) => {
        if (!isObject(at.value)) return [];
        const others = Object.keys(at.value).filter((name) => !(name in (at.schema.properties ?? {})));
        return others.flatMap((name) =>
            allowed === false
                ? complain(at, `has an unknown member ${name}`)
                : check(at.root, allowed, at.value[name], `${at.place}.${name}`),
        );
    },
    oneOf: (at, schemas) => {
        const found = schemas.map((schema) => check(at.root, schema, at.value, at.place));
        const matches = found.filter((problems) => problems.length === 0).length;
        return matches === 1 ? [] : complain(at, `matches ${matches} of ${schemas.length} alternatives: ${found.flat().join('; ')}`);
    },
};
