// Values of any ABI type: random ones as viem takes them, and what they are in the JSON of dappd. Plain functions.

import { decodeFunctionResult, encodeFunctionData, getAddress } from 'viem';
import { formatAbiItem } from 'viem/utils';
import { below, hex } from './random.js';

const ARRAY = /^(.*)\[(\d*)\]$/;
const INTEGER = /^(u?)int(\d*)$/;
const MAX_ITEMS = 3;

/** An integer of JSON holds no more than this many bits everywhere; viem has the same limit for its numbers. */
const NUMBER_BITS = 48;

const TEXTS = ['', 'plain', 'quote " and \\ and \n', 'grüße 💶', 'x'.repeat(70), '</script>'];

const itemOf = (param, type) => ({ ...param, type });

function randomInteger(unsigned, bits) {
    const most = 1n << BigInt(bits);
    const edges = [0n, 1n, most - 1n, most >> 1n, (most >> 1n) - 1n];
    const value = below(3) === 0 ? edges[below(edges.length)] : BigInt(`0x${hex(bits / 4)}`);
    const signed = unsigned ? value : BigInt.asIntN(bits, value);
    return bits <= NUMBER_BITS ? Number(signed) : signed;
}

/** A value of a parameter, as viem takes it. */
export function randomValue(param) {
    const array = ARRAY.exec(param.type);
    if (array) {
        const n = array[2] === '' ? below(MAX_ITEMS + 1) : Number(array[2]);
        return Array.from({ length: n }, () => randomValue(itemOf(param, array[1])));
    }
    const integer = INTEGER.exec(param.type);
    if (integer) return randomInteger(integer[1] === 'u', Number(integer[2] || 256));
    if (param.type === 'tuple') {
        return Object.fromEntries(param.components.map((component) => [component.name, randomValue(component)]));
    }
    if (param.type === 'address') return getAddress(`0x${hex(40)}`);
    if (param.type === 'bool') return below(2) === 1;
    if (param.type === 'string') return TEXTS[below(TEXTS.length)];
    if (param.type === 'bytes') return `0x${hex(2 * below(80))}`;
    return `0x${hex(2 * Number(param.type.slice('bytes'.length)))}`;
}

export const randomArgs = ({ inputs }) => inputs.map(randomValue);

const areNamed = (params) => params.length > 0 && params.every(({ name }) => name);

function paramsToJson(params, values) {
    const all = params.map((param, i) => valueToJson(param, values[i]));
    return areNamed(params) ? Object.fromEntries(params.map(({ name }, i) => [name, all[i]])) : all;
}

/** What dappd writes for a value that viem has decoded. */
export function valueToJson(param, value) {
    const array = ARRAY.exec(param.type);
    if (array) return value.map((item) => valueToJson(itemOf(param, array[1]), item));
    const integer = INTEGER.exec(param.type);
    if (integer) return Number(integer[2] || 256) <= NUMBER_BITS ? Number(value) : String(value);
    if (param.type === 'tuple') {
        const values = param.components.map(({ name }, i) => (Array.isArray(value) ? value[i] : value[name]));
        return paramsToJson(param.components, values);
    }
    return value;
}

export const argsToJson = ({ inputs }, args) => inputs.map((param, i) => valueToJson(param, args[i]));

/** The result as dappd writes it. In: value, as viem has decoded it. */
export function resultToJson({ outputs }, value) {
    if (outputs.length === 0) return null;
    return outputs.length === 1 ? valueToJson(outputs[0], value) : paramsToJson(outputs, value);
}

/** What a function returns by viem, as dappd writes it. In: block, its number. */
export async function readByViem(client, address, item, args, block) {
    const abi = [item];
    const data = encodeFunctionData({ abi, functionName: item.name, args });
    const call = await client.call({ to: address, data, blockNumber: block });
    return resultToJson(item, decodeFunctionResult({ abi, functionName: item.name, args, data: call.data ?? '0x' }));
}

/** The canonical signature. */
const signatureOf = (item) => formatAbiItem(item);

/** An error as dappd writes it. In: decoded, by viem's decodeErrorResult. */
export const errorToJson = ({ abiItem, errorName, args = [] }) => ({
    name: errorName,
    signature: signatureOf(abiItem),
    args: paramsToJson(abiItem.inputs ?? [], args),
});

/** The same of a log, by viem's decodeEventLog. */
export const eventToJson = (item, args) => ({
    name: item.name,
    signature: signatureOf(item),
    args: eventArgsToJson(item.inputs, args),
});

/** What is indexed and not of a fixed size is known by its hash. */
export const isHashed = ({ type, indexed }) => indexed && /^(string|bytes|tuple)$|\]$/.test(type);

function eventArgsToJson(inputs, args = []) {
    const shown = inputs.map((param) => (isHashed(param) ? { name: param.name, type: 'bytes32' } : param));
    const values = inputs.map(({ name }, i) => (Array.isArray(args) ? args[i] : args[name]));
    return paramsToJson(shown, values);
}
