-- What runs inside Redis for a stream of leads, atomically. First everything is looked at, then written; nothing in the writing part may fail,
-- because Redis does not roll back.
--
-- keys: the stream; the ids added lately (a sorted set by when, in ms); the holders (a hash: PARTITION:owner -> token, PARTITION:place -> number).
--
-- hold(partition, token): the token's bearer is from now on the one whose page counts. Returns {'HELD', place}; place -1: none.
-- add(partition, token, had, keep_ids_ms, keep_ms, {number, id, lead}...): had is the place that the caller was told last.
--   {'LOST', 0}        somebody else holds the partition
--   {'REWOUND', place} the server has lost what it had
--   {'ADDED', number}  of the last lead; those whose ids are known were not added again
-- An empty token is not compared: nobody else can have this partition.
--
-- An id is forgotten that is keep_ids_ms older than the newest one was, and only by a page that held nothing known: who goes over old leads again finds all of them.

local function check(keys)
  local wanted = {'stream', 'zset', 'hash'}
  for i = 1, 3 do
    local kind = redis.call('TYPE', keys[i]).ok
    if kind ~= 'none' and kind ~= wanted[i] then
      return redis.error_reply('WRONGTYPE ' .. keys[i] .. ' is a ' .. kind .. ', not a ' .. wanted[i])
    end
  end
end

local function hold(keys, args)
  local wrong = check(keys)
  if wrong then return wrong end
  if args[2] ~= '' then redis.call('HSET', keys[3], args[1] .. ':owner', args[2]) end
  return {'HELD', tonumber(redis.call('HGET', keys[3], args[1] .. ':place') or '-1')}
end

local function forget(ids, newest, keep_ms)
  if not newest then return end
  local old = redis.call('ZRANGEBYSCORE', ids, '-inf', '(' .. string.format('%.0f', tonumber(newest) - keep_ms), 'LIMIT', 0, 4000)
  if #old > 0 then redis.call('ZREM', ids, unpack(old)) end
end

local function add(keys, args)
  local stream, ids, holders = keys[1], keys[2], keys[3]
  local wrong = check(keys)
  if wrong then return wrong end
  if args[2] ~= '' and redis.call('HGET', holders, args[1] .. ':owner') ~= args[2] then return {'LOST', 0} end
  local place = tonumber(redis.call('HGET', holders, args[1] .. ':place') or '-1')
  if place < tonumber(args[3]) then return {'REWOUND', place} end
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  local newest = redis.call('ZRANGE', ids, -1, -1, 'WITHSCORES')[2]
  local known = 0
  for i = 6, #args, 3 do
    if redis.call('ZSCORE', ids, args[i + 1]) then
      known = known + 1
    else
      redis.call('XADD', stream, '*', 'id', args[i + 1], 'lead', args[i + 2])
      redis.call('ZADD', ids, now, args[i + 1])
    end
  end
  local last = args[#args - 2]
  redis.call('HSET', holders, args[1] .. ':place', last)
  if known == 0 then forget(ids, newest, tonumber(args[4])) end
  if args[5] ~= '0' then redis.call('XTRIM', stream, 'MINID', '~', string.format('%.0f', now - tonumber(args[5]))) end
  return {'ADDED', tonumber(last)}
end
