"""The real bank's records as canonical events and profiles: the same mapping as mapping.yaml, written a second time in Python for the recount."""
import datetime
import zoneinfo

PRAGUE = zoneinfo.ZoneInfo('Europe/Prague')
PURPOSES = {'SIPO': 'household', 'POJISTNE': 'insurance', 'UVER': 'loan'}


def kind(t):
    """Our type of a transaction."""
    symbol, operation = t.get('k_symbol'), t.get('operation')
    if symbol == 'DUCHOD' and t['type'] == 'PRIJEM':
        return 'payroll_credit'
    if symbol == 'UROK':
        return 'interest_credit'
    if operation == 'PREVOD Z UCTU' and t['type'] == 'PRIJEM':
        return 'transfer_in'
    if operation == 'VKLAD':
        return 'cash_deposit'
    if symbol == 'SANKC. UROK':
        return 'customer'
    if symbol == 'SLUZBY':
        return 'statement_fee'
    return {'VYBER KARTOU': 'card_withdrawal', 'PREVOD NA UCET': 'remittance', 'VYBER': 'cash_withdrawal'}[operation]


def event(t):
    what = kind(t)
    midnight = datetime.datetime.combine(datetime.date.fromisoformat(t['date']), datetime.time(), PRAGUE)
    e = {'id': 't' + t['trans_id'], 'type': what, 'customer': t['client_id'], 'time': int(midnight.timestamp() * 1000)}
    if what == 'customer':
        return e | {'overdrawn': True}
    e |= {'amount': t['amount'], 'balance': t['balance']}
    if what == 'payroll_credit':
        e['booked_on'] = t['date']
    if what in ('payroll_credit', 'transfer_in', 'remittance') and 'bank' in t:
        e['bank'] = t['bank']
    if what == 'remittance':
        e |= {'account': t['account_id'], 'purpose': PURPOSES[t['k_symbol']] if 'k_symbol' in t else 'other'}
        if 'account' in t:
            e['to_account'] = t['account']
    if what == 'cash_withdrawal' and 'k_symbol' in t:
        e['purpose'] = PURPOSES[t['k_symbol']]
    return e


def profile(c):
    p = {'customer': c['client_id'], 'born': c['birth_date'], 'gender': {'F': 'female', 'M': 'male'}[c['gender']], 'district': c['district'],
         'account': c['account_id'], 'opened_on': c['opened_on'], 'overdrawn': False}
    return {name: value for name, value in p.items() if value is not None}
