// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// Every type, shape and way to fail that the ABI has. What is called echo returns what it is given.
contract AbiFeatures {
    type Price is uint128;

    enum Side {
        Buy,
        Sell,
        Hold
    }

    struct Unsigned {
        uint8 u8;
        uint16 u16;
        uint24 u24;
        uint32 u32;
        uint40 u40;
        uint48 u48;
        uint56 u56;
        uint64 u64;
        uint72 u72;
        uint128 u128;
        uint160 u160;
        uint248 u248;
        uint256 u256;
    }

    struct Signed {
        int8 i8;
        int16 i16;
        int32 i32;
        int48 i48;
        int56 i56;
        int64 i64;
        int128 i128;
        int248 i248;
        int256 i256;
    }

    struct FixedBytes {
        bytes1 b1;
        bytes2 b2;
        bytes4 b4;
        bytes20 b20;
        bytes31 b31;
        bytes32 b32;
    }

    struct Leaf {
        string name;
        bytes32[] tags;
    }

    struct Branch {
        Leaf[] leaves;
        Leaf one;
        int128[2] pair;
    }

    struct Tree {
        Branch[] branches;
        Leaf[2] two;
        address owner;
        bool grown;
        bytes data;
    }

    struct Point {
        uint32 x;
        int32 y;
    }

    error Empty();
    error InsufficientBalance(uint256 available, uint256 required);
    error Unnamed(uint8, string);
    error Nested(Leaf leaf, uint256[] numbers, bytes data);

    event Plain(uint256 number, string text);
    event Indexed(address indexed who, uint256 indexed id, bool indexed flag, bytes data);
    event IndexedDynamic(string indexed text, uint256[] indexed numbers, Leaf indexed leaf, Point[2] points);
    event Overloaded(uint256 number);
    event Overloaded(address who);
    event Nothing();
    event Secret(uint256 indexed a, uint256 indexed b, uint256 indexed c, uint256 indexed d, string text) anonymous;

    uint256 public count;
    mapping(address => mapping(uint256 => Point)) public points;
    string public title;

    constructor(string memory title_, Point[] memory first) {
        title = title_;
        for (uint256 i = 0; i < first.length; i++) points[msg.sender][i] = first[i];
    }

    // --- what comes back as it was given ---

    function echoUnsigned(Unsigned calldata value) external pure returns (Unsigned memory) {
        return value;
    }

    function echoSigned(Signed calldata value) external pure returns (Signed memory) {
        return value;
    }

    function echoFixedBytes(FixedBytes calldata value) external pure returns (FixedBytes memory) {
        return value;
    }

    function echoTree(Tree calldata value) external pure returns (Tree memory tree) {
        return value;
    }

    function echoTrees(Tree[][2] calldata value) external pure returns (Tree[][2] memory) {
        return value;
    }

    function echoText(string calldata text, bytes calldata data) external pure returns (string memory, bytes memory) {
        return (text, data);
    }

    function echoFixedArray(uint256[3] calldata value) external pure returns (uint256[3] memory) {
        return value;
    }

    function echoNestedFixed(uint16[2][3] calldata value) external pure returns (uint16[2][3] memory) {
        return value;
    }

    function echoArray(int256[] calldata value) external pure returns (int256[] memory) {
        return value;
    }

    function echoNestedArray(uint256[][] calldata value) external pure returns (uint256[][] memory) {
        return value;
    }

    function echoMixedArrays(address[][2] calldata a, bool[2][] calldata b, bytes[] calldata c, string[2][] calldata d)
        external
        pure
        returns (address[][2] memory, bool[2][] memory, bytes[] memory, string[2][] memory)
    {
        return (a, b, c, d);
    }

    function echoPoints(Point[] calldata value, Point calldata one) external pure returns (Point[] memory all, Point memory) {
        return (value, one);
    }

    function echoSide(Side side, Price price, AbiFeatures self, address payable to)
        external
        pure
        returns (Side side_, Price price_, AbiFeatures self_, address payable to_)
    {
        return (side, price, self, to);
    }

    function echoFunction(function(uint256) external returns (uint256) callback)
        external
        pure
        returns (function(uint256) external returns (uint256))
    {
        return callback;
    }

    // --- outputs ---

    function named(uint256 seed) external view returns (uint256 number, address who, string memory text) {
        return (seed, address(this), "named");
    }

    function unnamed(uint256 seed) external view returns (uint256, address, string memory) {
        return (seed, address(this), "unnamed");
    }

    function halfNamed(uint256 seed) external view returns (uint256 number, address) {
        return (seed, address(this));
    }

    function none() external view {}

    // --- overloads ---

    function pick() external pure returns (string memory) {
        return "pick()";
    }

    function pick(uint256) external pure returns (string memory) {
        return "pick(uint256)";
    }

    function pick(uint256, uint256) external pure returns (string memory) {
        return "pick(uint256,uint256)";
    }

    function pick(address) external pure returns (string memory) {
        return "pick(address)";
    }

    function pick(bool) external pure returns (string memory) {
        return "pick(bool)";
    }

    function wide(uint8) external pure returns (string memory) {
        return "wide(uint8)";
    }

    function wide(uint256) external pure returns (string memory) {
        return "wide(uint256)";
    }

    // --- who and with what ---

    function sender() external view returns (address) {
        return msg.sender;
    }

    function pay() external payable returns (uint256 value, address from) {
        return (msg.value, msg.sender);
    }

    function bump(uint256 by) external returns (uint256) {
        count += by;
        emit Plain(count, "bumped");
        return count;
    }

    // --- failures ---

    function failEmpty() external pure {
        revert Empty();
    }

    function failCustom(uint256 available, uint256 required) external pure returns (uint256) {
        revert InsufficientBalance(available, required);
    }

    function failUnnamed(uint8 number, string calldata text) external pure {
        revert Unnamed(number, text);
    }

    function failNested(Leaf calldata leaf, uint256[] calldata numbers, bytes calldata data) external pure {
        revert Nested(leaf, numbers, data);
    }

    function failRequire(string calldata reason) external pure {
        require(false, reason);
    }

    function failPlain() external pure {
        revert();
    }

    function failRaw(bytes calldata data) external pure {
        bytes memory copy = data;
        assembly {
            revert(add(copy, 32), mload(copy))
        }
    }

    function failPanic(uint256 kind) external pure returns (uint256) {
        uint256[] memory numbers = new uint256[](1);
        if (kind == 0x01) assert(false);
        if (kind == 0x11) return kind - 1 - type(uint256).max;
        if (kind == 0x12) return kind / (kind - 0x12);
        if (kind == 0x21) return uint256(Side(kind));
        if (kind == 0x32) return numbers[kind];
        return kind;
    }

    // --- events ---

    function emitAll(string calldata text, uint256[] calldata numbers, Leaf calldata leaf, bytes calldata data) external {
        emit Plain(numbers.length, text);
        emit Indexed(msg.sender, numbers.length, true, data);
        emit IndexedDynamic(text, numbers, leaf, [Point(1, -1), Point(2, -2)]);
        emit Overloaded(7);
        emit Overloaded(address(this));
        emit Nothing();
        emit Secret(1, 2, 3, 4, text);
    }
}
