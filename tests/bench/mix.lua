-- wrk: the realistic mix of mix.js. Arguments behind "--": wallets, tokens, the first wallet, the first token.
local threads = 0

function setup(thread)
    thread:set("lane", threads)
    threads = threads + 1
end

local function zipf(n)
    local cumulative, sum = {}, 0
    for rank = 1, n do
        sum = sum + 1 / rank
        cumulative[rank] = sum
    end
    return function()
        local wanted, low, high = math.random() * sum, 1, n
        while low < high do
            local middle = math.floor((low + high) / 2)
            if cumulative[middle] < wanted then low = middle + 1 else high = middle end
        end
        return low - 1
    end
end

function init(args)
    math.randomseed(os.time() + lane)
    wallet, token = zipf(tonumber(args[1])), zipf(tonumber(args[2]))
    first_wallet, first_token = tonumber(args[3]), tonumber(args[4])
end

function request()
    return wrk.format("GET", string.format("/balance/0x%040x/0x%040x", first_wallet + wallet(), first_token + token()))
end
