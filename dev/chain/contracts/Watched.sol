// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// What it answers changes, with and without an event, and may be no answer at all.
contract Watched {
    error Odd(uint256 number);
    event Bumped(uint256 indexed number);

    uint256 public number;
    bool public stuck;
    uint256 public size;

    function bump(uint256 by) external {
        number += by;
        emit Bumped(number);
    }

    function bumpQuietly(uint256 by) external {
        number += by;
    }

    function setStuck(bool to) external {
        stuck = to;
    }

    function setSize(uint256 to) external {
        size = to;
    }

    function height() external view returns (uint256) {
        return block.number;
    }

    function even() external view returns (uint256) {
        if (number % 2 == 1) revert Odd(number);
        return number;
    }

    function plus(uint256 a) external view returns (uint256 sum, bool isEven) {
        return (number + a, (number + a) % 2 == 0);
    }

    /// Never returns while it is stuck.
    function endless() external view returns (uint256 n) {
        while (stuck) n++;
        return number;
    }

    function sized() external view returns (bytes memory) {
        return new bytes(size);
    }
}
