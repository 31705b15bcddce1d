-- What runs inside Redis for a stream of leads, atomically. First everything is looked at, then written; nothing in the writing part may fail,
-- because Redis does not roll back.
--
-- keys: the stream; the ids added lately (a sorted set by the leads' numbers); the holders, a hash of five fields a PARTITION:
--   PARTITION:owner   the token of whoever may add
--   PARTITION:place   the number of the last lead added
--   PARTITION:forgot  ids of leads up to this number were forgotten: they were added, all of them
--   PARTITION:clock   "ACTIVE:WALL", ms: how long pages have been coming, pauses counted as a minute at most; and when the last came
--   PARTITION:marks   "ACTIVE:NUMBER …": the place at moments of that clock, a sixtieth of keep_ids_ms apart
--
-- hold(partition, token, last): the token's bearer is from now on the one whose page counts; last is the number of the store's last lead.
--   {'HELD', place}    place -1: none
-- add(partition, token, had, keep_ids_ms, keep_ms, {number, id, lead}…): had is the place that the caller was told last.
--   {'LOST', 0}        somebody else holds the partition
--   {'REWOUND', place} the server has lost what it had
--   {'ADDED', number}  of the last lead; those that were added before were not added again
-- An empty token is not compared: nobody else can have this partition.
--
-- A lead was added before if its id is known, or its number is one of the forgotten. Numbers alone do not tell: a store that has lost its tail gives them
-- anew, to other leads perhaps. So an id is forgotten only when pages have come for keep_ids_ms since, no page of new leads goes below it, and a store
-- whose last lead is before what is forgotten is another one: then nothing is.

local function check(keys)
  local wanted = {'stream', 'zset', 'hash'}
  for i = 1, 3 do
    local kind = redis.call('TYPE', keys[i]).ok
    if kind ~= 'none' and kind ~= wanted[i] then
      return redis.error_reply('WRONGTYPE ' .. keys[i] .. ' is a ' .. kind .. ', not a ' .. wanted[i])
    end
  end
end

local function text(number) return string.format('%.0f', number) end

local function hold(keys, args)
  local wrong = check(keys)
  if wrong then return wrong end
  local holders, partition = keys[3], args[1]
  if args[2] ~= '' then redis.call('HSET', holders, partition .. ':owner', args[2]) end
  local forgot = tonumber(redis.call('HGET', holders, partition .. ':forgot') or '0')
  if tonumber(args[3]) < forgot then redis.call('HDEL', holders, partition .. ':forgot', partition .. ':marks') end
  return {'HELD', tonumber(redis.call('HGET', holders, partition .. ':place') or '-1')}
end

local function active_ms(clock, now)
  local active, wall = string.match(clock or '', '^(%d+):(%d+)$')
  return active and tonumber(active) + math.max(0, math.min(now - tonumber(wall), 60000)) or 0
end

local function read_marks(value)
  local marks = {}
  for active, number in string.gmatch(value or '', '(%d+):(%d+)') do marks[#marks + 1] = {active = tonumber(active), number = tonumber(number)} end
  return marks
end

local function write_marks(marks, from)
  local words = {}
  for i = from, #marks do words[#words + 1] = text(marks[i].active) .. ':' .. text(marks[i].number) end
  return table.concat(words, ' ')
end

-- Up to which number ids may go: the place at the newest mark that is old enough, below this page and all places since; and that mark.
local function old_enough(marks, limit, below)
  local newest = 0
  for i = 1, #marks do
    if marks[i].active <= limit then newest = i end
  end
  for i = math.max(newest, 1), #marks do below = math.min(below, marks[i].number) end
  return newest > 0 and below or 0, newest
end

-- A few thousand at a time. Returns up to which number they have gone.
local function forget(ids, goal)
  local old = redis.call('ZRANGEBYSCORE', ids, '-inf', text(goal), 'WITHSCORES', 'LIMIT', 0, 3000)
  if #old == 0 then return goal end
  local names = {}
  for i = 1, #old, 2 do names[#names + 1] = old[i] end
  redis.call('ZREM', ids, unpack(names))
  return #names < 3000 and goal or tonumber(old[#old])
end

local function add(keys, args)
  local stream, ids, holders, partition = keys[1], keys[2], keys[3], args[1]
  local wrong = check(keys)
  if wrong then return wrong end
  local h = redis.call('HMGET', holders, partition .. ':owner', partition .. ':place', partition .. ':forgot', partition .. ':clock', partition .. ':marks')
  if args[2] ~= '' and h[1] ~= args[2] then return {'LOST', 0} end
  local place, forgot = tonumber(h[2] or '-1'), tonumber(h[3] or '0')
  if place < tonumber(args[3]) then return {'REWOUND', place} end
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  local known = 0
  for i = 6, #args, 3 do
    if tonumber(args[i]) <= forgot or redis.call('ZSCORE', ids, args[i + 1]) then
      known = known + 1
    else
      redis.call('XADD', stream, '*', 'id', args[i + 1], 'lead', args[i + 2])
      redis.call('ZADD', ids, args[i], args[i + 1])
    end
  end
  local last, active = args[#args - 2], active_ms(h[4], now)
  redis.call('HSET', holders, partition .. ':place', last, partition .. ':clock', text(active) .. ':' .. text(now))
  if known == 0 then
    local marks, keep = read_marks(h[5]), tonumber(args[4])
    local goal, newest = old_enough(marks, active - keep, tonumber(args[6]) - 1)
    if goal > forgot then redis.call('HSET', holders, partition .. ':forgot', text(forget(ids, goal))) end
    if #marks == 0 or marks[#marks].active + keep / 60 <= active then
      marks[#marks + 1] = {active = active, number = tonumber(last)}
      redis.call('HSET', holders, partition .. ':marks', write_marks(marks, math.max(newest, 1)))
    end
  end
  if args[5] ~= '0' then redis.call('XTRIM', stream, 'MINID', '~', text(now - tonumber(args[5]))) end
  return {'ADDED', tonumber(last)}
end
