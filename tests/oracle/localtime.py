"""Local time of the bank's zone."""
import datetime

EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


class LocalTime:
    def __init__(self, zone):
        self.zone = zone

    def local(self, t):
        return (EPOCH + datetime.timedelta(seconds=t // 1000)).astimezone(self.zone)

    def text(self, t):
        at = self.local(t)
        offset = int(at.utcoffset().total_seconds()) // 60
        sign = '-' if offset < 0 else '+'
        return '%s.%03d%s%02d:%02d' % (at.strftime('%Y-%m-%dT%H:%M:%S'), t % 1000, sign, abs(offset) // 60, abs(offset) % 60)

    def moment(self, day, of_day_ms):
        """The first moment at or after a local time of a day: of a repeated time the first, of a skipped one the end of the gap."""
        wanted = datetime.datetime(day.year, day.month, day.day) + datetime.timedelta(milliseconds=of_day_ms)
        naive_s = int((wanted.replace(tzinfo=datetime.timezone.utc) - EPOCH).total_seconds())
        low, high = naive_s - 30 * 3600, naive_s + 30 * 3600
        offsets = {int(self.local(s * 1000).utcoffset().total_seconds()) for s in (low, naive_s - 15 * 3600, naive_s + 15 * 3600, high)}
        hits = [naive_s - o for o in offsets if int(self.local((naive_s - o) * 1000).utcoffset().total_seconds()) == o]
        if hits:
            return min(hits) * 1000 + of_day_ms % 1000
        before, after = naive_s - max(offsets), naive_s - min(offsets)  # the gap lies between
        first = self.local(before * 1000).utcoffset()
        while after - before > 1:
            middle = (before + after) // 2
            if self.local(middle * 1000).utcoffset() == first:
                before = middle
            else:
                after = middle
        return after * 1000
