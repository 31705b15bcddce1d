/* What stands around the rows of a message: CloudEvents, Debezium, its outbox, Canal, GoldenGate, or nothing.
 *
 * A message is opened once. It holds one element, or a list of them; an element holds one row, or several (Canal). Each row is then mapped by itself; what
 * the envelope says of it has names (`$op`, `$table`, …) that pointers may start from. A format is a row of the table in envelope.c and a file of its own.
 */
#ifndef GH_DECODE_ENVELOPE_H
#define GH_DECODE_ENVELOPE_H

#include "decoder.h"
#include "paths.h"

enum env_kind { ENV_NONE, ENV_JSON, ENV_CLOUDEVENTS, ENV_DEBEZIUM, ENV_OUTBOX, ENV_CANAL, ENV_GOLDENGATE, ENV_KINDS };
enum env_op { OP_INSERT = 1, OP_UPDATE = 2, OP_DELETE = 4, OP_SNAPSHOT = 8 };
enum env_name {
  NAME_ID, NAME_TIME, NAME_OP, NAME_TABLE, NAME_SCHEMA, NAME_DATABASE, NAME_EVENT_TYPE, NAME_SOURCE, NAME_SUBJECT, NAME_ROW, NAME_KEY, NAME_STREAM_TIME,
  ENV_NAMES
};

/* The envelope that a mapping declares. */
struct envelope {
  enum env_kind kind;
  const struct gh_zone *zone; /* of the envelope's own times, where they are local; NULL: none declared */
  struct paths inner;         /* one pointer at most: to the rows (json), to the payload (outbox) */
};

/* A row as its envelope shows it. Nodes live as long as the message. */
struct env_row {
  const struct json_node *row;            /* NULL: none */
  const struct json_node *before;         /* as it was before; NULL: unknown */
  const struct json_node *under;          /* holds what `row` does not repeat; NULL: nothing */
  const struct json_node *before_under;   /* the same for `before` */
  const struct json_node *columns;        /* Debezium: the list of the row's fields in the message's schema; NULL: none */
  enum env_op op;
  struct gh_str table;                    /* in full: database.schema.table */
  struct json_node names[ENV_NAMES];      /* text NULL: absent */
};

/* An envelope at work; one a decoder. */
struct env_run {
  const struct envelope *envelope;
  struct gh_message message;               /* borrowed */
  struct json_tape inner, key;             /* of texts that hold JSON: the row; the message's key */
  struct keys top, source;                 /* of the format's objects */
  const struct json_node **found;          /* by key of the format */
  const struct json_node *element, *end;   /* the next element; behind the last */
  const struct json_node *content;         /* the element at hand: where $message starts */
  const struct json_node *data, *old;      /* Canal: the next rows */
  unsigned nrows, next_row;                /* of the element at hand */
  unsigned number;                         /* of the row at hand in its message, from 1 */
  struct gh_str table;                     /* Canal: its full name */
  bool several;                            /* the message may hold several */
  bool key_read;
  const struct json_node *key_root;        /* the key as JSON without its schema; NULL: it is none */
  const char *bad_header;                  /* that the row is made of, and is no UTF-8; NULL: none */
  struct gh_buf id;
  char row_text[16], time_text[24];
  struct env_row row;
};

struct env_run *gh_env_new(struct gh_decoder *d, const struct envelope *envelope);
void gh_env_free(struct env_run *e);
/* Whether its messages are read as sequences: values one behind the other. */
bool gh_env_sequence(const struct env_run *e);
/* A decoder's message: its bytes have been read into d->tape, or there are none. */
enum gh_decoded gh_env_first(struct gh_decoder *d, struct gh_record *out);
enum gh_decoded gh_env_next(struct gh_decoder *d, struct gh_record *out);

/* What a format has and is called: for the parser of mappings. */
bool gh_env_has(enum env_kind kind, enum env_name name);
bool gh_env_has_ops(enum env_kind kind);
struct gh_str gh_env_name(enum env_name name);
struct gh_str gh_env_kind(enum env_kind kind);
struct gh_str gh_env_op(enum env_op op);
/* What gives the event's id or time, for people; NULL: not the envelope. */
const char *gh_env_origin(enum env_kind kind, enum env_name name);

/* env_cloudevents.c: whether the message is a CloudEvent whose attributes are headers; its value is the data, and absent where there is none. */
bool gh_env_binary(const struct env_run *e);
/* env_parts.c: for formats. */
/* The members of `object` that the format names, by key; NULL: absent. Those whose value is null have kind JSON_NULL. BAD: one stands twice. */
enum gh_decoded gh_env_pick(struct gh_decoder *d, struct gh_record *out, struct keys *keys, const struct json_node *object, const struct json_node **found);
enum gh_decoded gh_env_bad(struct gh_decoder *d, struct gh_record *out, const char *detail);
static inline const struct json_node *env_value(const struct json_node *n) { return n && n->kind != JSON_NULL ? n : NULL; }
/* The text of a text or a number; empty with ptr NULL: none. */
struct gh_str gh_env_text(const struct json_node *n);
void gh_env_set(struct env_run *e, enum env_name name, struct gh_str text);
void gh_env_set_node(struct env_run *e, enum env_name name, const struct json_node *n);
void gh_env_set_time_ms(struct env_run *e, enum env_name name, int64_t ms);
void gh_env_set_op(struct env_run *e, enum env_op op);
/* Appends a part to the row's id, behind a colon; an absent one (ptr NULL) is left out. */
void gh_env_id_add(struct env_run *e, struct gh_str part);
/* Appends a digest of what a row says, and of its table and operation. */
void gh_env_id_digest(struct env_run *e, const struct json_node *a, const struct json_node *b);
/* The full name of a table, of those parts that are there. */
struct gh_str gh_env_table(struct gh_decoder *d, struct gh_str database, struct gh_str schema, struct gh_str table);
/* The last header of a name; false: none. */
bool gh_env_header(const struct env_run *e, struct gh_str name, struct gh_str *value);
/* The same for what the event is made of: bytes that are no UTF-8 refuse the row. */
bool gh_env_header_text(struct env_run *e, const char *name, struct gh_str *value);
/* What an object of Kafka Connect holds that stands beside its schema; any other node is itself. */
const struct json_node *gh_env_unwrap(const struct json_node *n, const struct json_node **schema);
/* The first member of a name, or NULL. */
const struct json_node *gh_env_member(const struct json_node *object, struct gh_str name);
/* A node whose text is JSON (or base64 of it), read into e->inner; an object is itself. NULL: refused. */
const struct json_node *gh_env_read_text(struct gh_decoder *d, struct gh_record *out, struct gh_str text);
/* Where a pointer of the envelope's leads; NULL: nowhere. */
const struct json_node *gh_env_at(const struct paths *inner, const struct json_node *from);
/* The message's key; NULL: none. It is read once a message. */
const struct json_node *gh_env_key(struct gh_decoder *d, struct env_run *e);

/* The formats: `open` looks at e->content and says how many rows it holds (OTHER: none that count); `row` shows the next one in e->row. */
struct env_format {
  const char *word;
  const char *const *top, *const *source; /* keys, ended by NULL */
  unsigned names;                         /* bits of enum env_name */
  const char *id_from, *time_from;        /* what gives them, for people; NULL: nothing */
  enum gh_decoded (*open)(struct gh_decoder *d, struct env_run *e, struct gh_record *out);
  enum gh_decoded (*row)(struct gh_decoder *d, struct env_run *e, struct gh_record *out);
};
extern const struct env_format gh_env_json, gh_env_cloudevents, gh_env_debezium, gh_env_outbox, gh_env_canal, gh_env_goldengate;

#endif
