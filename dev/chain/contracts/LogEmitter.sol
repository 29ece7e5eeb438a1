// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// Emits whatever it is told, event or nonsense. It answers nothing: it is no token, whatever its logs say.
contract LogEmitter {
    struct Log {
        bytes32[] topics; // up to four
        bytes data;
    }

    constructor(Log[] memory logs) {
        _emit(logs);
    }

    function emitLogs(Log[] memory logs) external {
        _emit(logs);
    }

    function _emit(Log[] memory logs) private {
        for (uint256 i = 0; i < logs.length; i++) {
            bytes32[] memory topics = logs[i].topics;
            bytes memory data = logs[i].data;
            assembly {
                let at := add(data, 32)
                let size := mload(data)
                let t := add(topics, 32)
                switch mload(topics)
                case 0 { log0(at, size) }
                case 1 { log1(at, size, mload(t)) }
                case 2 { log2(at, size, mload(t), mload(add(t, 32))) }
                case 3 { log3(at, size, mload(t), mload(add(t, 32)), mload(add(t, 64))) }
                default { log4(at, size, mload(t), mload(add(t, 32)), mload(add(t, 64)), mload(add(t, 96))) }
            }
        }
    }
}
