// A reader of the Prometheus text format 0.0.4 that throws on anything the format does not allow.
// Pure functions.

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const LABEL = '[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\\\\n]|\\\\["\\\\n])*"';
const SAMPLE = new RegExp(
    `^(${NAME})(?:\\{(${LABEL}(?:,${LABEL})*)?\\})? ([+-]?(?:\\d+(?:\\.\\d+)?(?:[eE][+-]?\\d+)?|Inf)|NaN)$`,
);
const TYPES = ['counter', 'gauge', 'histogram'];

/** Returns { families: { name: type }, samples: [{ name, labels, value }] }. */
export function parseMetrics(text) {
    if (!text.endsWith('\n')) throw new Error('the last line has no line feed');
    const families = {};
    const samples = [];
    const helped = new Set();
    let current;
    for (const line of text.slice(0, -1).split('\n')) {
        const comment = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line);
        if (comment) {
            current = readComment(comment, families, helped);
        } else {
            samples.push(readSample(line, current, families));
        }
    }
    assertUnique(samples);
    for (const [name, type] of Object.entries(families)) if (type === 'histogram') assertHistogram(name, samples);
    return { families, samples };
}

function readComment([line, kind, name, rest], families, helped) {
    if (kind === 'HELP') {
        if (helped.has(name)) throw new Error(`second HELP: ${line}`);
        helped.add(name);
    } else {
        if (name in families || !TYPES.includes(rest)) throw new Error(`bad TYPE: ${line}`);
        families[name] = rest;
    }
    return name;
}

function readSample(line, current, families) {
    const match = SAMPLE.exec(line);
    if (!match) throw new Error(`no sample: ${JSON.stringify(line)}`);
    const [, name, labelText = '', value] = match;
    const suffixes = families[current] === 'histogram' ? ['_bucket', '_sum', '_count'] : [''];
    if (!suffixes.some((suffix) => name === current + suffix)) throw new Error(`${line} stands under ${current}`);
    const labels = Object.fromEntries(
        [...labelText.matchAll(/([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g)].map(([, key, text]) => [
            key,
            text.replace(/\\(.)/g, (_, c) => (c === 'n' ? '\n' : c)),
        ]),
    );
    if (families[current] === 'counter' && !(Number(value) >= 0)) throw new Error(`negative counter: ${line}`);
    return { name, labels, value: value.endsWith('Inf') ? Infinity : Number(value) };
}

function assertUnique(samples) {
    const seen = new Set();
    for (const { name, labels } of samples) {
        const key = name + JSON.stringify(Object.entries(labels).sort());
        if (seen.has(key)) throw new Error(`twice: ${key}`);
        seen.add(key);
    }
}

/** Buckets rise, the last is +Inf and equals the count. */
function assertHistogram(family, samples) {
    const series = new Map();
    for (const {
        name,
        labels: { le, ...labels },
        value,
    } of samples) {
        if (!name.startsWith(`${family}_`)) continue;
        const key = JSON.stringify(labels);
        const one = series.get(key) ?? { buckets: [] };
        series.set(key, one);
        if (name === `${family}_bucket`) one.buckets.push([le === '+Inf' ? Infinity : Number(le), value]);
        if (name === `${family}_count`) one.count = value;
        if (name === `${family}_sum`) one.sum = value;
    }
    for (const [key, { buckets, count, sum }] of series) {
        const rises = buckets.every(([le, n], i) => i === 0 || (le > buckets[i - 1][0] && n >= buckets[i - 1][1]));
        const last = buckets.at(-1) ?? [];
        if (!rises || last[0] !== Infinity || last[1] !== count || !(sum >= 0))
            throw new Error(`bad histogram ${family} ${key}`);
    }
}

/** The sum of all samples of this name whose labels include these. */
export function sumOf({ samples }, name, labels = {}) {
    return samples
        .filter(
            (sample) =>
                sample.name === name && Object.entries(labels).every(([key, value]) => sample.labels[key] === value),
        )
        .reduce((sum, { value }) => sum + value, 0);
}
