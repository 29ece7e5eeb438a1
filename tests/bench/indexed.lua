-- wrk: each request asks for another of many paths: a pattern with HOLDER in it, and the number of holders,
-- come as arguments behind "--".
local paths = {}

function init(args)
    for n = 1, tonumber(args[2]) do
        paths[n] = wrk.format("GET", (string.gsub(args[1], "HOLDER", string.format("0x%040x", 4096 + n * 997 % 200000))))
    end
    math.randomseed(os.time())
end

function request()
    return paths[math.random(#paths)]
end
