-- What runs inside Redis for a stream of leads, atomically. First everything is looked at, then written; nothing in the writing part may fail,
-- because Redis does not roll back.
--
-- keys: the stream; the ids added lately (a sorted set by the leads' numbers); the holders, a hash of `todo` and of five fields a PARTITION:
--   todo              what the last page of any partition has left to do, for a moment
--   PARTITION:owner   the token of whoever may add
--   PARTITION:place   the number of the last lead added
--   PARTITION:forgot  ids of leads up to this number were forgotten: they were added, all of them
--   PARTITION:clock   "ACTIVE:WALL", ms: how long pages have been coming, pauses counted as a minute at most; and when the last came
--   PARTITION:marks   "ACTIVE:NUMBER …": the place at moments of that clock, a sixtieth of keep_ids_ms apart
--
-- hold(partition, token, last, first): the token's bearer is from now on the one whose page counts; last is the number of the store's last lead, first the place
-- of whom no place is known here yet (empty: it stays unknown).
--   {'HELD', place}    place -1: none
-- add(partition, token, had, keep_ids_ms, keep_ms, {number, id, lead}…): had is the place that the caller was told last.
--   {'LOST', 0}        somebody else holds the partition
--   {'REWOUND', place} the server has lost what it had
--   {'APPLY', 0}       apply first, then once more
--   {'KEPT', number}   of the last lead; apply puts into the stream those that were not added before
--   {'ADDED', number}  of the last lead; all were added before
-- apply():
--   {'APPLIED', n}
--   {'AGAIN', n}       something else was written to the stream since add: n entries have got later ids; apply once more
-- rights()
--   {'MAY', 0}         or an error that names what the user may not do; nothing is written
-- An empty token is not compared: nobody else can have this partition.
--
-- A lead was added before if its id is known, or its number is one of the forgotten. Numbers alone do not tell: a store that has lost its tail gives them
-- anew, to other leads perhaps. So an id is forgotten only when pages have come for keep_ids_ms since, no page of new leads goes below it, and a store
-- whose last lead is before what is forgotten is another one: then nothing is.
--
-- Entries have their ids in the stream from add on. If others write to the stream in between, an id may be behind its end by then: such entries get new
-- ids, in what is left to do, by one command that writes nothing else. What is at its id is ours if the lead's id stands there.
--
-- Why add and apply: what a function does with several commands stands in the append-only file as a transaction. If the file is cut off within one, Redis
-- (7.0) drops that transaction, but leaves the commands before the cut in the file, and does them at its next start: half of a page that was lost, and added
-- anew since, would come back. So hold and add are one single command each, which is there or not; and apply, done again, does the same: what
-- is written is settled before it, and nothing is added before what is left to do is done.

local function check(keys)
  local wanted = {'stream', 'zset', 'hash'}
  for i = 1, 3 do
    local kind = redis.call('TYPE', keys[i]).ok
    if kind ~= 'none' and kind ~= wanted[i] then
      return redis.error_reply('WRONGTYPE ' .. keys[i] .. ' is a ' .. kind .. ', not a ' .. wanted[i])
    end
  end
end

-- What the writing uses, in a form whose rights can be asked for: a right that is missing is named before anything is begun.
local function rights(keys)
  local stream, ids, holders, missing = keys[1], keys[2], keys[3], {}
  local wanted = {
    {'HSET', holders, 'f', 'v'}, {'HGET', holders, 'f'}, {'HMGET', holders, 'f'}, {'HEXISTS', holders, 'f'}, {'HDEL', holders, 'f'}, {'TIME'},
    {'ZADD', ids, '1', 'm'}, {'ZSCORE', ids, 'm'}, {'ZREM', ids, 'm'}, {'ZRANGEBYSCORE', ids, '-inf', '1'}, {'EXISTS', stream}, {'XADD', stream, '*', 'f', 'v'},
    {'XRANGE', stream, '-', '+'}, {'XTRIM', stream, 'MINID', '1'}, {'XINFO', 'STREAM', stream},
  }
  for _, command in ipairs(wanted) do
    if not redis.acl_check_cmd(unpack(command)) then missing[#missing + 1] = command[1] .. ' ' .. (command[2] or '') end
  end
  if #missing == 0 then return {'MAY', 0} end
  return redis.error_reply('RIGHTS this Redis user may not do: ' .. table.concat(missing, ', ') .. ' (docs/sinks.md has what it needs)')
end

local function text(number) return string.format('%.0f', number) end

local function entry_id(ms, seq) return text(ms) .. '-' .. text(seq) end

local function hold(keys, args)
  local wrong = check(keys)
  if wrong then return wrong end
  local may = rights(keys)
  if may.err then return may end
  local holders, partition = keys[3], args[1]
  local forgot, fields = tonumber(redis.call('HGET', holders, partition .. ':forgot') or '0'), {}
  if args[2] ~= '' then fields = {partition .. ':owner', args[2]} end
  if tonumber(args[3]) < forgot then
    for _, field in ipairs({partition .. ':forgot', '0', partition .. ':marks', ''}) do fields[#fields + 1] = field end
  end
  local place = redis.call('HGET', holders, partition .. ':place')
  if not place and args[4] ~= '' then
    place = args[4]
    fields[#fields + 1], fields[#fields + 2] = partition .. ':place', place
  end
  if #fields > 0 then redis.call('HSET', holders, unpack(fields)) end
  return {'HELD', tonumber(place or '-1')}
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

local function top_of(stream)
  if redis.call('EXISTS', stream) == 0 then return 0, 0 end
  local info = redis.call('XINFO', 'STREAM', stream)
  for i = 1, #info, 2 do
    if info[i] == 'last-generated-id' then
      local ms, seq = string.match(info[i + 1], '^(%d+)-(%d+)$')
      return tonumber(ms), tonumber(seq)
    end
  end
end

local function add(keys, args)
  local stream, ids, holders, partition = keys[1], keys[2], keys[3], args[1]
  local wrong = check(keys)
  if wrong then return wrong end
  local h = redis.call('HMGET', holders, partition .. ':owner', partition .. ':place', partition .. ':forgot', partition .. ':clock', partition .. ':marks')
  if args[2] ~= '' and h[1] ~= args[2] then return {'LOST', 0} end
  local place, forgot = tonumber(h[2] or '-1'), tonumber(h[3] or '0')
  if place < tonumber(args[3]) then return {'REWOUND', place} end
  if redis.call('HEXISTS', holders, 'todo') == 1 then return {'APPLY', 0} end
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  local ms, seq = top_of(stream)
  if now > ms then ms, seq = now, -1 end
  local todo, known, seen = {}, 0, {}
  for i = 6, #args, 3 do
    if tonumber(args[i]) <= forgot or seen[args[i + 1]] or redis.call('ZSCORE', ids, args[i + 1]) then
      known = known + 1
    else
      seen[args[i + 1]] = true
      seq = seq + 1
      for k = 0, 2 do todo[#todo + 1] = args[i + k] end
      todo[#todo + 1] = entry_id(ms, seq)
    end
  end
  local last, active = args[#args - 2], active_ms(h[4], now)
  local fields = {partition .. ':place', last, partition .. ':clock', text(active) .. ':' .. text(now)}
  if known == 0 then
    local marks, keep = read_marks(h[5]), tonumber(args[4])
    local goal, newest = old_enough(marks, active - keep, tonumber(args[6]) - 1)
    if goal > forgot then
      forgot = goal
      fields[#fields + 1], fields[#fields + 2] = partition .. ':forgot', text(goal)
    end
    if #marks == 0 or marks[#marks].active + keep / 60 <= active then
      marks[#marks + 1] = {active = active, number = tonumber(last)}
      fields[#fields + 1], fields[#fields + 2] = partition .. ':marks', write_marks(marks, math.max(newest, 1))
    end
  end
  if #todo > 0 then
    local oldest = args[5] ~= '0' and text(now - tonumber(args[5])) or ''
    fields[#fields + 1], fields[#fields + 2] = 'todo', cmsgpack.pack({ids, text(forgot), oldest, todo})
  end
  redis.call('HSET', holders, unpack(fields))
  return {#todo > 0 and 'KEPT' or 'ADDED', tonumber(last)}
end

local function is_behind(entry, ms, seq)
  local its_ms, its_seq = string.match(entry, '^(%d+)-(%d+)$')
  its_ms, its_seq = tonumber(its_ms), tonumber(its_seq)
  return its_ms < ms or (its_ms == ms and its_seq <= seq)
end

local function is_there(stream, entry, id)
  local found = redis.call('XRANGE', stream, entry, entry)[1]
  return found and found[2][1] == 'id' and found[2][2] == id
end

-- Gives later ids to entries that can no longer have theirs; how many.
local function put_off(stream, todo, ms, seq)
  local n = 0
  for i = 1, #todo, 4 do
    if is_behind(todo[i + 3], ms, seq) and not is_there(stream, todo[i + 3], todo[i + 1]) then n = n + 1 end
  end
  if n == 0 then return 0 end
  for i = 1, #todo, 4 do
    if not is_there(stream, todo[i + 3], todo[i + 1]) then
      seq = seq + 1
      todo[i + 3] = entry_id(ms, seq)
    end
  end
  return n
end

-- The ids lie in the same slot, whosever they are: their key stands in what is left to do.
local function apply(keys)
  local wrong = check(keys)
  if wrong then return wrong end
  local stream, holders = keys[1], keys[3]
  local packed = redis.call('HGET', holders, 'todo')
  if not packed then return {'APPLIED', 0} end
  local ids, forgot, oldest, todo = unpack(cmsgpack.unpack(packed))
  local ms, seq = top_of(stream)
  local later = put_off(stream, todo, ms, seq)
  if later > 0 then
    redis.call('HSET', holders, 'todo', cmsgpack.pack({ids, forgot, oldest, todo}))
    return {'AGAIN', later}
  end
  for i = 1, #todo, 4 do
    if not is_behind(todo[i + 3], ms, seq) then redis.call('XADD', stream, todo[i + 3], 'id', todo[i + 1], 'lead', todo[i + 2]) end
    redis.call('ZADD', ids, todo[i], todo[i + 1])
  end
  local old = redis.call('ZRANGEBYSCORE', ids, '-inf', forgot, 'LIMIT', 0, 3000)
  if #old > 0 then redis.call('ZREM', ids, unpack(old)) end
  if oldest ~= '' then redis.call('XTRIM', stream, 'MINID', '~', oldest) end
  redis.call('HDEL', holders, 'todo')
  return {'APPLIED', #todo / 4}
end
