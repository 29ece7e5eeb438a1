// Registered contracts, without the way by which they usually come to be, and calls of them. Plain functions.

const literal = (text) => `'${text.replaceAll("'", "''")}'`;

/** Registers a contract as an admin would. In: more, columns of the table by name. */
export const register = (database, { address, abi }, { chainId = 31337, events = false, ...more } = {}) => {
    const row = {
        chain_id: chainId,
        address: `'\\x${address.slice(2)}'`,
        abi: literal(JSON.stringify(abi)),
        version: 1,
        proxy: false,
        events,
        created_at: 0,
        updated_at: 0,
        ...more,
    };
    return database.sql(`INSERT INTO contracts (${Object.keys(row)}) VALUES (${Object.values(row)})`);
};

/** The answer of POST /contracts/:address/call. */
export const call = (dappd, address, name, args = [], more = {}) =>
    dappd.post(`/contracts/${address}/call`, { function: name, args, ...more });

/** The same of /simulate. */
export const simulate = (dappd, address, body) => dappd.post(`/contracts/${address}/simulate`, body);

function paramText({ type, name, components }) {
    const shown = components ? `(${paramsText(components)})${type.slice('tuple'.length)}` : type;
    return name ? `${shown} ${name}` : shown;
}
const paramsText = (params) => params.map(paramText).join(', ');

/** A function as its whole human-readable signature. */
export const signatureOf = ({ name, inputs, outputs, stateMutability }) =>
    `function ${name}(${paramsText(inputs)}) ${stateMutability} returns (${paramsText(outputs)})`;
