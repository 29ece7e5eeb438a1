/* Clients agree on one code for every refusal of a transaction and word each in their own way, from release to release
 * another, so one table holds what their words mean.
 * Owns nothing but constant tables.
 * Any thread: pure functions. */
#include <assert.h>

#include "core/metrics.h"
#include "phrase.h"
#include "rpc/tx_send.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Patterns are lower case; '*' stands for any text. The first row that matches counts. What a contract may have said
 * goes first, and what is part of another wording behind it. */
static const struct {
    const char *pattern;
    enum tx_verdict verdict;
} texts[] = {
    {"execution reverted", TX_REFUSED}, /* Arbitrum and other sequencers run it first */

    {"unknown transaction", TX_REFUSED},   /* anvil: of a type that it does not know */
    {"authority nonce", TX_REFUSED},       /* geth: of an EIP-7702 authorization */
    {"already known", TX_TAKEN},           /* geth, Erigon, Nethermind */
    {"alreadyknown", TX_TAKEN},            /* Nethermind until 2025, Gnosis */
    {"known transaction", TX_TAKEN},       /* Besu, geth until 2020, zkSync */
    {"already imported", TX_TAKEN},        /* reth, anvil, OpenEthereum */
    {"alreadyimported", TX_TAKEN},         /* Frontier */
    {"with same hash", TX_TAKEN},          /* Erigon */
    {"already in*pool", TX_TAKEN},         /* mempool, txpool */
    {"already exists in cache", TX_TAKEN}, /* chains on CometBFT */
    {"tx already exist", TX_TAKEN},        /* Conflux */
    {"transaction already exist", TX_TAKEN},

    {"nonce too low", TX_NONCE_USED},     /* geth and most others, Besu, OP and Arbitrum with numbers behind it */
    {"nonce is too low", TX_NONCE_USED},  /* OpenEthereum */
    {"oldnonce", TX_NONCE_USED},          /* Nethermind */
    {"pool(stale)", TX_NONCE_USED},       /* Frontier */
    {"stale nonce", TX_NONCE_USED},       /* Conflux */
    {"already finalized", TX_NONCE_USED}, /* Harmony */
    {": mined", TX_NONCE_USED},           /* Erigon */

    {"replacement transaction underpriced", TX_UNDERPRICED},
    {"replacement fee too low", TX_UNDERPRICED},
    {"replacementnotallowed", TX_UNDERPRICED},        /* Nethermind */
    {"to replace existing", TX_UNDERPRICED},          /* reth, anvil */
    {"could not replace existing", TX_UNDERPRICED},   /* Erigon */
    {"replaced by transaction", TX_UNDERPRICED},      /* Erigon */
    {"transaction with same nonce", TX_UNDERPRICED},  /* OpenEthereum */
    {"has the same nonce in the tx", TX_UNDERPRICED}, /* Klaytn */

    {"insufficient funds", TX_NO_FUNDS},       /* geth and most others */
    {"insufficientfunds", TX_NO_FUNDS},        /* Nethermind */
    {"insufficient balance for", TX_NO_FUNDS}, /* OpenEthereum, zkSync; one that is a provider's own bill says else */
    {"insufficient sender balance", TX_NO_FUNDS}, /* Nethermind */
    {"insufficient*for sender balance", TX_NO_FUNDS},
    {"insufficient_payer_balance", TX_NO_FUNDS}, /* Hedera */
    {"signer had insufficient", TX_NO_FUNDS},    /* Monad */
    {"exceeds account balance", TX_NO_FUNDS},    /* Besu */
    {"enough funds", TX_NO_FUNDS},               /* reth, Arbitrum: not, or does not have */
    {"overdraft", TX_NO_FUNDS},                  /* Bor */
    {"overdraws", TX_NO_FUNDS},                  /* reth */

    {"underpriced", TX_FEE_TOO_LOW}, /* geth, reth, Nethermind, Erigon */
    {"fee too low", TX_FEE_TOO_LOW}, /* Erigon */
    {"feetoolow", TX_FEE_TOO_LOW},   /* Nethermind, also to compete */
    {"tip too low", TX_FEE_TOO_LOW},
    {"gas price too low", TX_FEE_TOO_LOW},    /* Arbitrum classic, Metis */
    {"gas price*is too low", TX_FEE_TOO_LOW}, /* OpenEthereum */
    {"price below", TX_FEE_TOO_LOW},          /* Besu's gas and blob gas, geth and Bor: some minimum, the base fee */
    {"priority fee below", TX_FEE_TOO_LOW},   /* reth */
    {"below chain minimum", TX_FEE_TOO_LOW},  /* reth */
    {"is below configured", TX_FEE_TOO_LOW},  /* Hedera */
    {"less than block base fee", TX_FEE_TOO_LOW}, /* geth, reth, anvil, Arbitrum, Astar */
    {"less than block blob", TX_FEE_TOO_LOW},
    {"is greater than tx-specified", TX_FEE_TOO_LOW}, /* anvil: the blob gas price */
    {"less than gas price minimum", TX_FEE_TOO_LOW},  /* Celo */
    {"insufficient fee", TX_FEE_TOO_LOW},             /* chains on the Cosmos SDK */
    {"unacceptable gas price", TX_FEE_TOO_LOW},       /* zkSync */

    {"intrinsic gas too low", TX_GAS_TOO_LOW},
    {"intrinsicgas", TX_GAS_TOO_LOW},                   /* Erigon */
    {"intrinsic gas exceeds", TX_GAS_TOO_LOW},          /* Besu */
    {"insufficient of intrinsic gas", TX_GAS_TOO_LOW},  /* Hedera */
    {"floor data gas", TX_GAS_TOO_LOW},                 /* geth */
    {"gas floor", TX_GAS_TOO_LOW},                      /* reth, anvil */
    {"call gas cost", TX_GAS_TOO_LOW},                  /* reth, anvil */
    {"transaction gas is too low", TX_GAS_TOO_LOW},     /* OpenEthereum */
    {"gas limit too low", TX_GAS_TOO_LOW},              /* Monad */
    {"not enough gas for transaction", TX_GAS_TOO_LOW}, /* zkSync */

    {"gas limit*too high", TX_GAS_TOO_HIGH},     /* Erigon, and EIP-7825 in geth and reth */
    {"intrinsic gas too high", TX_GAS_TOO_HIGH}, /* anvil, reth */
    {"gas limit reached", TX_GAS_TOO_HIGH},      /* Nethermind */
    {"gaslimitexceeded", TX_GAS_TOO_HIGH},       /* Nethermind */
    {"gaslimitcapexceeded", TX_GAS_TOO_HIGH},    /* Nethermind */
    {"exceeds*gas limit", TX_GAS_TOO_HIGH},      /* the block's, mostly */
    {"gas limit*greater than", TX_GAS_TOO_HIGH}, /* anvil, reth */
    {"gas is beyond limit", TX_GAS_TOO_HIGH},    /* OpenEthereum */
    {"gas required exceeds", TX_GAS_TOO_HIGH},

    {"nonce too high",
     TX_UNCERTAIN},             /* those before it have not arrived: Nethermind, OP, blobs; Arbitrum waits a while */
    {"noncegap", TX_UNCERTAIN}, /* the same in Nethermind */
    {"nonce too far", TX_UNCERTAIN},
    {"noncetoofar", TX_UNCERTAIN},
    {"nonce is too distant", TX_UNCERTAIN}, /* Besu */
    {"pool is full", TX_UNCERTAIN},         /* and Erigon's sub-pools */
    {"pool full", TX_UNCERTAIN},            /* Arbitrum's sequencer */
    {"queue full", TX_UNCERTAIN},
    {"too many transactions in the queue", TX_UNCERTAIN}, /* OpenEthereum */
    {"pool size constraints", TX_UNCERTAIN},              /* reth */
    {"account limit exceeded", TX_UNCERTAIN},             /* geth: too many of one sender's wait */

    {"invalid sender", TX_REFUSED},
    {"invalid signature", TX_REFUSED},
    {"invalidtxsignature", TX_REFUSED},
    {"failedtoresolvesender", TX_REFUSED},
    {"failed to recover sender", TX_REFUSED},
    {"sender not an eoa", TX_REFUSED}, /* EIP-3607 */
    {"sender is not an eoa", TX_REFUSED},
    {"senderiscontract", TX_REFUSED},
    {"has bytecode", TX_REFUSED},
    {"deployed code", TX_REFUSED},
    {"from a non-account", TX_REFUSED},
    {"sender account not authorized", TX_REFUSED}, /* Besu with permissions */
    {"forbidden sender", TX_REFUSED},
    {"is banned in local queue", TX_REFUSED},
    {"in blacklist", TX_REFUSED},
    {"transaction is not permitted", TX_REFUSED},
    {"type not supported", TX_REFUSED},
    {"not supported by this pool", TX_REFUSED},
    {"not supported before", TX_REFUSED},
    {"not supported by the current hardfork", TX_REFUSED},
    {"unsupported transaction type", TX_REFUSED},
    {"notsupportedtxtype", TX_REFUSED},
    {"invalid transaction type", TX_REFUSED},
    {"invalidtxtype", TX_REFUSED},
    {"transactions are disabled", TX_REFUSED},
    {"transaction type is not activated", TX_REFUSED},
    {"conflicts with existing transaction", TX_REFUSED}, /* blobs and others of one sender do not mix */
    {"conflicting type", TX_REFUSED},
    {"conflictingtype", TX_REFUSED},
    {"type conflict", TX_REFUSED},
    {"already reserved", TX_REFUSED},
    {"blob-txn with a non-blob", TX_REFUSED},
    {"oversized data", TX_REFUSED},
    {"data too large", TX_REFUSED},
    {"transaction too large", TX_REFUSED},
    {"tx too large", TX_REFUSED},
    {"transaction is too big", TX_REFUSED},
    {"maxtxsizeexceeded", TX_REFUSED},
    {"rlptoolong", TX_REFUSED},
    {"initcode", TX_REFUSED}, /* EIP-3860 */
    {"max_init_code_size", TX_REFUSED},
    {"negative value", TX_REFUSED},
    {"uint64 overflow", TX_REFUSED},
    {"gasuintoverflow", TX_REFUSED},
    {"int256overflow", TX_REFUSED},
    {"cost overflow", TX_REFUSED},
    {"higher than max fee per gas", TX_REFUSED},
    {"exceeds max fee per gas", TX_REFUSED},
    {"invalidmaxpriorityfeepergas", TX_REFUSED},
    {"higher than 2^", TX_REFUSED},
    {"nonce has max value", TX_REFUSED},
    {"exceeds the configured cap", TX_REFUSED}, /* geth: pays more than the node lets anybody pay */
    {"fee cap exceeded", TX_REFUSED},           /* the same in Besu */
    {"replay-protected", TX_REFUSED},
    {"invalid chain id", TX_REFUSED},
    {"chain id does not match", TX_REFUSED},
    {"invalidtxchainid", TX_REFUSED},
    {"wrong chainid", TX_REFUSED},
    {"chainid not supported", TX_REFUSED},
    {"chainid is required", TX_REFUSED},
    {"signed for another chain", TX_REFUSED},
    {"blobless", TX_REFUSED},
    {"blobs in*transaction", TX_REFUSED},
    {"blob hash", TX_REFUSED},
    {"at least one blob", TX_REFUSED},
    {"number of blobs", TX_REFUSED},
    {"sidecar", TX_REFUSED},
    {"blob proof", TX_REFUSED},
    {"invalidblob", TX_REFUSED},
    {"kzg", TX_REFUSED},
    {"of type create", TX_REFUSED},
    {"a create transaction", TX_REFUSED},
    {"authorization list", TX_REFUSED}, /* EIP-7702 */
    {"authorization tuple", TX_REFUSED},
    {"failed to decode", TX_REFUSED},
    {"rlp", TX_REFUSED},
    {"transaction invalid", TX_REFUSED},               /* Nethermind */
    {"marked the transaction as invalid", TX_REFUSED}, /* Besu's plugins */
};

/* Where the words say nothing. */
static const struct {
    int64_t code;
    enum tx_verdict verdict;
} codes[] = {
    {3, TX_REFUSED},      /* a revert */
    {-32003, TX_REFUSED}, /* EIP-1474: transaction rejected */
    {-32602, TX_REFUSED}, /* JSON-RPC: invalid parameters, of which this is the only one */
};

enum tx_verdict tx_verdict_of(int64_t code, const char *text, size_t len) {
    char folded[PHRASE_MAX_BYTES];
    size_t n = phrase_fold(folded, text, len);
    for (size_t i = 0; i < COUNT(texts); i++) {
        if (phrase_find(folded, n, texts[i].pattern) != NULL) return texts[i].verdict;
    }
    for (size_t i = 0; i < COUNT(codes); i++) {
        if (codes[i].code == code) return codes[i].verdict;
    }
    return TX_UNCERTAIN;
}

static const struct tx_verdict_info infos[TX_VERDICT_COUNT] = {
    [TX_TAKEN] = {"taken", ERR_OK, ""},
    [TX_UNCERTAIN] = {"uncertain", ERR_OK, "no node has said yet that it has the transaction"},
    [TX_NONCE_USED] = {"nonce_used", ERR_NONCE_TOO_LOW, "another transaction of the sender's has used this nonce"},
    [TX_UNDERPRICED] = {"underpriced", ERR_REPLACEMENT_UNDERPRICED,
                        "another transaction with this nonce waits, and this one does not pay enough more than that"},
    [TX_FEE_TOO_LOW] = {"fee_too_low", ERR_FEE_TOO_LOW, "its fees for each unit of gas are below what nodes take now"},
    [TX_NO_FUNDS] = {"no_funds", ERR_INSUFFICIENT_FUNDS, "the sender's balance does not cover its value and its gas"},
    [TX_GAS_TOO_LOW] = {"gas_too_low", ERR_GAS_TOO_LOW,
                        "its gas is less than its data and access list cost before anything runs"},
    [TX_GAS_TOO_HIGH] = {"gas_too_high", ERR_GAS_TOO_HIGH, "its gas is more than a transaction may have on this chain"},
    [TX_REFUSED] = {"refused", ERR_TRANSACTION_REFUSED, "nodes refuse it as it is, whenever it is sent"},
};

const struct tx_verdict_info *tx_verdict_info(enum tx_verdict verdict) {
    assert(verdict < TX_VERDICT_COUNT);
    return &infos[verdict];
}

void tx_send_set_metric_labels(void) {
    const char *names[TX_VERDICT_COUNT];
    for (unsigned i = 0; i < TX_VERDICT_COUNT; i++) names[i] = infos[i].name;
    metrics_set_label_values(METRIC_LABEL_VERDICT, names, TX_VERDICT_COUNT);
}
