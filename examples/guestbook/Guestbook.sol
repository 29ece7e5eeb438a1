// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// Anybody signs, and may erase what is theirs. Small enough to read, and with one of each: a
/// constructor's argument, an overload, a struct, events, errors with arguments.
contract Guestbook {
    struct Entry {
        address guest;
        uint64 signedAt;
        string text;
    }

    error NothingToSay();
    error NotYours(uint256 id, address guest);

    event Signed(uint256 indexed id, address indexed guest, string text);
    event Erased(uint256 indexed id, address indexed guest);

    string public title;
    Entry[] private entries;

    constructor(string memory name) {
        title = name;
    }

    function sign(string calldata text) external returns (uint256 id) {
        if (bytes(text).length == 0) revert NothingToSay();
        id = entries.length;
        entries.push(Entry(msg.sender, uint64(block.timestamp), text));
        emit Signed(id, msg.sender, text);
    }

    function erase(uint256 id) external {
        address guest = entries[id].guest;
        if (guest != msg.sender) revert NotYours(id, guest);
        delete entries[id];
        emit Erased(id, guest);
    }

    function count() external view returns (uint256) {
        return entries.length;
    }

    function entry(uint256 id) external view returns (Entry memory) {
        return entries[id];
    }

    /// The newest one.
    function entry() external view returns (Entry memory) {
        return entries[entries.length - 1];
    }
}
