// Compares what is said in several places: the route table, errors.def and config.def with openapi.yaml, README.md,
// examples/dappd.yaml and docker/nginx.conf. Prints what differs as file:line: sentence and exits 1.
// usage: node openapi.js OPENAPI_JSON, in the top folder of the checkout

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { check, resolve } from './schema.js';

const YAML = 'openapi.yaml';
const README = 'README.md';
const EXAMPLE = 'examples/dappd.yaml';
const NGINX = 'docker/nginx.conf';
const TABLE = 'routes/table.c';
const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

const document = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const texts = new Map();
let problems = 0;

/** The line of a file on which the text stands first; 1 when it does not. */
function lineOf(file, text) {
    if (!texts.has(file)) texts.set(file, readFileSync(file, 'utf8').split('\n'));
    return Math.max(texts.get(file).findIndex((line) => line.includes(text)), 0) + 1;
}

function complain(file, near, sentence) {
    console.log(`${file}:${lineOf(file, near)}: ${sentence}`);
    problems++;
}

/** Complains about what is in one list only. */
function compare(file, near, what, wanted, found) {
    for (const one of wanted) if (!found.includes(one)) complain(file, near, `${what}: ${one} is missing`);
    for (const one of found) if (!wanted.includes(one)) complain(file, near, `${what}: ${one} should not be there`);
}

/** Where nginx says what dappd would: every title, status and code it writes is a row of errors.def. */
function checkNginx() {
    const text = readFileSync(NGINX, 'utf8');
    const rows = [...text.matchAll(/"title":"([^"]*)","status":([^,]*),"code":"([^"]*)"/g)];
    for (const [all, title, status, code] of rows) {
        const known = errors.find((one) => one.code === code);
        const same = known && known.title === title && (status === '$status' || Number(status) === known.status);
        if (!same) complain(NGINX, all, `no row of errors.def: ${all}`);
    }
}

/** The rows of an X-macro table, each as the macro writes it in JSON. */
function expand(file, macro) {
    const source = `#define ${macro},\n[\n#include "${file}"\nnull]\n`;
    const output = execFileSync(process.env.CC || 'cc', ['-E', '-P', '-Iinclude', '-x', 'c', '-'], { input: source });
    return JSON.parse(output).slice(0, -1);
}

const errors = expand(
    'core/errors.def',
    'ERROR(name, status_, code_, title_, retry) {"code": code_, "status": status_, "title": title_, "retry_helps": retry}',
);
const settings = expand(
    'config.def',
    'SETTING(key_, type, default_, unit_, min, max, secret, help) {"key": #key_, "default": default_, "unit": unit_}',
);

/** Rows such as {HTTP_GET, "/tokens/:token", route_token, CACHE_CLASS_BLOCK, "block chain", COST_LIVE, ACCESS_PUBLIC, SCOPE_READ}. */
function readRoutes() {
    const text = readFileSync(TABLE, 'utf8');
    const rows = [...text.matchAll(/\{HTTP_(\w+),\s*"([^"]*)",\s*\w+,\s*\w+,\s*"([^"]*)",[\s\w,|]*\}/g)];
    if (rows.length === 0 || rows.length !== text.match(/\bHTTP_/g).length) throw new Error(`${TABLE}: not understood`);
    return rows.map(([, method, pattern, query]) => ({
        path: pattern.replace(/:(\w+)/g, '{$1}'),
        method: method.toLowerCase(),
        path_parameters: [...pattern.matchAll(/:(\w+)/g)].map(([, name]) => name),
        query_parameters: query.split(' ').filter(Boolean),
    }));
}

function deref(node) {
    return node.$ref ? resolve(document, node.$ref) : node;
}

function operations() {
    return Object.entries(document.paths).flatMap(([path, item]) =>
        METHODS.filter((method) => item[method]).map((method) => ({ path, method, ...item[method] })),
    );
}

function checkRoutes() {
    const routes = readRoutes();
    const name = ({ method, path }) => `${method.toUpperCase()} ${path}`;
    compare(YAML, 'paths:', 'routes', routes.map(name), operations().map(name));
    for (const operation of operations()) {
        const route = routes.find((one) => name(one) === name(operation));
        if (!route) continue;
        const parameters = (operation.parameters ?? []).map(deref);
        for (const place of ['path', 'query']) {
            const found = parameters.filter((one) => one.in === place).map((one) => one.name);
            const what = `${place} parameters of ${name(operation)}`;
            compare(YAML, `  ${operation.path}:`, what, route[`${place}_parameters`], found);
        }
    }
}

function checkErrors() {
    const codes = errors.map(({ code }) => code);
    compare(YAML, '    ErrorCode:', 'codes of ErrorCode', codes, document.components.schemas.ErrorCode.enum);
    compare(YAML, 'x-errors:', 'codes', codes, Object.keys(document['x-errors']));
    for (const { code, ...row } of errors) {
        const listed = document['x-errors'][code];
        if (listed && JSON.stringify(listed) !== JSON.stringify(row)) {
            complain(YAML, `  ${code}: {`, `errors.def says ${JSON.stringify(row)}`);
        }
        const inReadme = `| \`${code}\` | ${row.status} | ${row.title} | ${row.retry_helps ? 'yes' : 'no'} |`;
        if (lineOf(README, inReadme) === 1) complain(README, `\`${code}\``, `the table of errors needs: ${inReadme}`);
    }
}

/** Every code that a response's description names has the response's status, and every code is named somewhere. */
function checkNamedCodes() {
    const named = new Set();
    for (const operation of operations()) {
        for (const [status, response] of Object.entries(operation.responses)) {
            const words = [...deref(response).description.matchAll(/`(\w+)`/g)].map(([, word]) => word);
            for (const error of errors.filter(({ code }) => words.includes(code))) {
                named.add(error.code);
                if (status === 'default' || Number(status) === error.status) continue;
                complain(YAML, `  ${operation.path}:`, `${error.code} is no ${status}: errors.def says ${error.status}`);
            }
        }
    }
    for (const { code } of errors) if (!named.has(code)) complain(YAML, 'x-errors:', `no response names ${code}`);
}

const variableOf = (key) => (key === 'database_url' ? 'DATABASE_URL' : `DAPPD_${key.toUpperCase()}`);

function checkSettings() {
    for (const { key, default: value, unit } of settings) {
        const variable = variableOf(key);
        const shown = value === '' ? '' : ` \`${value}\`${unit ? ` ${unit}` : ''}`;
        const row = `| \`${variable}\` |${shown} |`;
        if (lineOf(README, row) === 1) complain(README, variable, `the table of settings needs: ${row} ...`);
        if (lineOf(EXAMPLE, `${key}:`) === 1) complain(EXAMPLE, key, `the setting ${key} is missing`);
    }
    const known = settings.map(({ key }) => variableOf(key)).concat('DAPPD_CONFIG');
    for (const file of [README, EXAMPLE, YAML]) {
        const used = readFileSync(file, 'utf8').match(/\bDAPPD_[A-Z_]+\b/g) ?? [];
        for (const one of new Set(used)) if (!known.includes(one)) complain(file, one, `${one} is no setting`);
    }
}

/** Everything that is an example, with its schema. */
function* examples(node, place) {
    if (node === null || typeof node !== 'object') return;
    if (node.schema && 'example' in node) yield { place, schema: node.schema, value: node.example };
    if (node.schema && node.examples) {
        for (const [name, { value }] of Object.entries(node.examples)) yield { place: `${place}/${name}`, schema: node.schema, value };
    }
    for (const [key, child] of Object.entries(node)) {
        if (!['schema', 'example', 'examples', 'x-errors'].includes(key)) yield* examples(child, `${place}/${key}`);
    }
}

function checkExamples() {
    let n = 0;
    for (const { place, schema, value } of examples(document, '')) {
        n++;
        for (const sentence of check(document, schema, value, 'the example')) complain(YAML, keyOf(place), `${place}: ${sentence}`);
        const listed = place.includes('problem+json') && document['x-errors'][value.code];
        if (listed && (value.title !== listed.title || value.status !== listed.status)) {
            complain(YAML, `code: ${value.code}`, `${place}: title and status are not those of ${value.code}`);
        }
    }
    if (n === 0) throw new Error('no examples');
}

/** The key to look for: a path or the name of a component. */
function keyOf(place) {
    const [, path] = place.match(/^\/paths\/(.*?)\/(?:get|post|put|patch|delete)\//) ?? [];
    return path ? `  ${path}:` : `    ${place.split('/')[3]}:`;
}

/** Every reference leads somewhere, every component is used, operation ids differ, the version is the Makefile's. */
function checkStructure() {
    const references = JSON.stringify(document).match(/"\$ref":"[^"]*"/g).map((text) => JSON.parse(`{${text}}`).$ref);
    for (const ref of new Set(references)) resolve(document, ref);
    const { securitySchemes, ...components } = document.components;
    const named = [document, ...operations()].flatMap(({ security }) => (security ?? []).flatMap(Object.keys));
    compare(YAML, 'security:', 'security schemes', Object.keys(securitySchemes), [...new Set(named)]);
    for (const [kind, all] of Object.entries(components)) {
        const unused = Object.keys(all).filter((name) => !references.includes(`#/components/${kind}/${name}`));
        for (const name of unused) complain(YAML, `    ${name}:`, `nothing uses ${kind}/${name}`);
    }
    const ids = operations().map((one) => one.operationId);
    for (const id of ids.filter((one, i) => ids.indexOf(one) !== i)) complain(YAML, id, `operationId ${id} is used twice`);
    const [, version] = readFileSync('Makefile', 'utf8').match(/^VERSION := (\S+)$/m);
    if (document.info.version !== version) complain(YAML, '  version:', `the Makefile says ${version}`);
}

checkRoutes();
checkErrors();
checkNamedCodes();
checkNginx();
checkSettings();
checkExamples();
checkStructure();
process.exit(problems > 0 ? 1 : 0);
