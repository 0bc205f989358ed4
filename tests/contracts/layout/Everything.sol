// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

// Storage of every kind, with a getter or a view for each. Written through `set...` functions, so
// that a test can compare what the layout decodes with what the contract itself answers.

type Price is int128;

interface Token {
    function decimals() external view returns (uint8);
}

abstract contract Base {
    uint64 private secret = 11;
    uint8 public first = 12;
}

contract Everything is Base {
    enum Side { None, Long, Short }

    struct Inner {
        uint32 opened;
        int24 tick;
        address owner;
    }

    struct Position {
        int128 size;
        uint64 entry;
        bool open;
        Side side;
        Inner inner;
        uint256 margin;
        bytes4 tag;
        uint16[5] marks;
        Price price;
    }

    struct Tree {
        uint256 weight;
        mapping(uint256 => Tree) children;
        uint8[] leaves;
    }

    uint64 private secret = 21;
    Token public token;
    bool public paused;
    mapping(address => Position) private positions;
    mapping(address => mapping(uint32 => int40)) public ticks;
    mapping(bytes4 => bool) public known;
    mapping(string => uint256) public byName;
    mapping(bool => mapping(int16 => uint256)) public bySign;
    mapping(Side => uint256) public bySide;
    Position[] private history;
    uint40[] public packed;
    uint128[3] public three;
    uint72[2][3] public grid;
    string public title;
    bytes public blob;
    mapping(address => bytes) public notes;
    mapping(uint256 => uint24[]) private series;
    Tree private tree;
    function (uint256) external returns (uint256) public hook;
    Price public price;

    function positionOf(address owner) external view returns (Position memory) {
        return positions[owner];
    }

    function historyAt(uint256 index) external view returns (Position memory) {
        return history[index];
    }

    function seriesOf(uint256 key) external view returns (uint24[] memory) {
        return series[key];
    }

    function packedAll() external view returns (uint40[] memory) {
        return packed;
    }

    function treeAt(uint256 first_, uint256 second) external view returns (uint256, uint8[] memory) {
        Tree storage leaf = tree.children[first_].children[second];
        return (leaf.weight, leaf.leaves);
    }

    function setPosition(address owner, Position calldata position) external {
        positions[owner] = position;
    }

    function pushHistory(Position calldata position) external {
        history.push(position);
    }

    function setTick(address owner, uint32 key, int40 value) external {
        ticks[owner][key] = value;
    }

    function setKnown(bytes4 key, bool value) external {
        known[key] = value;
    }

    function setByName(string calldata name, uint256 value) external {
        byName[name] = value;
    }

    function setBySign(bool sign, int16 key, uint256 value) external {
        bySign[sign][key] = value;
    }

    function setBySide(Side side, uint256 value) external {
        bySide[side] = value;
    }

    function setPacked(uint40[] calldata values) external {
        packed = values;
    }

    function setSeries(uint256 key, uint24[] calldata values) external {
        series[key] = values;
    }

    function setArrays(uint128[3] calldata values, uint72[2][3] calldata cells) external {
        three = values;
        grid = cells;
    }

    function setTexts(string calldata text, bytes calldata raw) external {
        title = text;
        blob = raw;
    }

    function setNote(address owner, bytes calldata note) external {
        notes[owner] = note;
    }

    function setTree(uint256 first_, uint256 second, uint256 weight, uint8[] calldata leaves) external {
        Tree storage leaf = tree.children[first_].children[second];
        leaf.weight = weight;
        leaf.leaves = leaves;
    }

    function setSmall(Token token_, bool paused_, Price price_) external {
        token = token_;
        paused = paused_;
        price = price_;
        hook = this.echo;
    }

    function echo(uint256 value) external pure returns (uint256) {
        return value;
    }
}
