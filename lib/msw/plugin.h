/* The C interface between mswd and the plugins it loads into itself ("modules").
 *
 * A module is a shared object that exports one function, msw_plugin_entry, which gives a table of functions. mswd
 * checks `version` first and `size` next, then calls start with a table of its own. Both tables may grow at their
 * end: whoever reads one looks at `size` before a member that version 1.0 did not have.
 *
 * Two kinds of module:
 *  - threaded (the default): mswd starts one thread that calls run; it blocks in get() and returns when get() says
 *    MSW_CLOSED. More threads of the module's own may call get() and put() too.
 *  - looped (MSW_LOOPED): take is called on mswd's loop thread for each Datapack; the module may put its own libuv
 *    handles on loop(). Nothing it does there may block.
 *
 * C++ authors include plugin.hpp instead.
 */
#ifndef MSW_PLUGIN_H
#define MSW_PLUGIN_H

/* NOLINTBEGIN(modernize-*): this is C */

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MSW_PLUGIN_VERSION 1U

#define MSW_LOOPED 1U    /* called back on the loop thread */
#define MSW_TRANSPORT 2U /* is handed everything that has a `to`; only one module may be; implies MSW_LOOPED */
#define MSW_SAYS_DONE 4U /* says done() of each Datapack itself; its next get() does not say it */

enum msw_status {
    MSW_OK = 0,
    MSW_FULL = 1,    /* a bounded queue has no room, or not by the deadline */
    MSW_TIMEOUT = 2, /* nothing came by the deadline */
    MSW_CLOSED = 3,  /* mswd is stopping: end */
    MSW_INVALID = 4, /* the Datapack can't be: its reason is in the journal */
    MSW_UNSUPPORTED = 5,
    MSW_ENDED = 6 /* nothing more comes of it: it was answered, or nobody wants it */
};

/* Syslog priorities, for log(). */
enum msw_priority { MSW_ERR = 3, MSW_WARNING = 4, MSW_NOTICE = 5, MSW_INFO = 6, MSW_DEBUG = 7 };

/* Bytes that somebody else owns; not terminated. */
typedef struct msw_text {
    const char* data;
    size_t size;
} msw_text;

typedef struct msw_field {
    msw_text name;
    msw_text value;
} msw_field;

/* The file of a `file` Datapack: open for reading (use pread), and its absolute path if it has one, else size 0. */
typedef struct msw_file {
    int fd;
    uint64_t size;
    msw_text path;
} msw_file;

/* A Datapack in pieces, to make one from. Set `size` to sizeof(msw_parts). */
typedef struct msw_parts {
    size_t size;
    msw_text method;
    msw_text app;
    const msw_field* fields;
    size_t field_count;
    msw_text body;
    int file_fd; /* -1, or a regular file that mswd duplicates */
    uint64_t file_size;
    msw_text file_path;
} msw_parts;

/* A Datapack inside mswd: counted, and never changed once it is there. */
typedef struct msw_datapack msw_datapack;

/* The outbox, where durable Datapacks wait to be received elsewhere, and the marks of flows that end here: for the
 * transport. All of it on the loop thread; what is asked for is called back there later, in the order of the calls, and
 * not after stop. */

typedef struct msw_outbox_row {
    int64_t row;            /* its number; add gives it */
    msw_text member;        /* the destination */
    msw_text host;          /* what that is called */
    msw_text flow;          /* the app there */
    uint64_t epoch;         /* of the origin's start that numbered it; rows of a flow are in the order of (epoch, n) */
    uint64_t n;             /* its number in the flow */
    uint64_t run;           /* of that start */
    uint64_t sent_for;      /* the run of the destination that it was last sent to, or may have been; 0: none */
    int64_t expires;        /* s since 1970 */
    int32_t redelivered;    /* it was sent to an earlier one, too */
    msw_datapack* datapack; /* without what the transport writes on it */
} msw_outbox_row;

/* status: MSW_OK; MSW_FULL: there is no room, within the quotas or on the disk; MSW_CLOSED: mswd stops; MSW_INVALID:
 * the disk failed. `why` is a sentence for people and `code` the name of the error on the wire, where it isn't MSW_OK.
 */
typedef void (*msw_written)(void* arg, int status, int64_t row, msw_text code, msw_text why);

typedef struct msw_outbox_v1 {
    uint32_t version;
    uint32_t size;

    /* Whether a Datapack that take gave is on this host's disk, and comes again until the transport is done with it. */
    int (*is_kept)(void* self, const msw_datapack* datapack);
    /* Put one in; `row` counts for nothing. answered: one that is kept, and that the transport is done with once
     * this is written; or NULL. */
    void (*add)(void* self, const msw_outbox_row* row, msw_datapack* answered, msw_written done, void* arg);
    /* These are about to be sent to a run of their destination. */
    void (*sent)(void* self, const int64_t* rows, size_t count, uint64_t run, int redelivered, msw_written done,
                 void* arg);
    /* These have arrived. open: they are questions, which stay until they are answered or their time is over. */
    void (*received)(void* self, const int64_t* rows, size_t count, int open);
    /* The next rows of a flow behind a place: `give` is called for some of them, and then once with a NULL row and
     * MSW_OK (that was all), MSW_FULL (there are more), or MSW_INVALID (the disk failed). */
    void (*load)(void* self, msw_text member, msw_text flow, uint64_t epoch, uint64_t n,
                 void (*give)(void* arg, const msw_outbox_row* row, int status), void* arg);
    /* All flows that have rows: as load, with member, host and flow of each. */
    void (*flows)(void* self, void (*give)(void* arg, const msw_outbox_row* row, int status), void* arg);
    /* What deliver committed last under that key; size 0: nothing. */
    void (*state)(void* self, msw_text state_key, void (*give)(void* arg, int status, msw_text state), void* arg);
} msw_outbox_v1;

struct uv_loop_s;

/* What mswd offers. Every function may be called from any thread unless it says otherwise, takes `self` from this
 * table where it asks for it, and never throws. */
typedef struct msw_host_v1 {
    uint32_t version;
    uint32_t size;
    void* self;

    /* Datapacks. make gives a reference of your own, or NULL with the reason in the journal. What the readers give
     * lives as long as your reference. */
    msw_datapack* (*make)(void* self, const msw_parts* parts);
    msw_datapack* (*ref)(msw_datapack* datapack);
    void (*unref)(msw_datapack* datapack);
    msw_text (*method)(const msw_datapack* datapack);
    msw_text (*app)(const msw_datapack* datapack);
    msw_text (*body)(const msw_datapack* datapack);
    msw_text (*field)(const msw_datapack* datapack, msw_text name);              /* size 0: there is none */
    size_t (*fields)(const msw_datapack* datapack, msw_field* out, size_t room); /* gives how many there are */
    int (*file)(const msw_datapack* datapack, msw_file* out);                    /* 0: it has none */

    /* The receive queue (threaded modules). timeout_ms < 0: until one comes or mswd stops.
     * MSW_OK with a reference in *out, MSW_TIMEOUT or MSW_CLOSED. Asking for the next one says that you are done with
     * those before, unless you have several threads: then say done yourself. */
    int (*get)(void* self, msw_datapack** out, int timeout_ms);
    void (*done)(void* self, msw_datapack* datapack);

    /* The send queue. timeout_ms 0 or on the loop thread: don't wait. < 0: as long as it takes.
     * MSW_OK, MSW_FULL, MSW_CLOSED. Keeps a reference of its own. */
    int (*put)(void* self, msw_datapack* datapack, int timeout_ms);

    /* A line in the journal with fields of your own (upper case names; MSW_APP is added). */
    void (*log)(void* self, int priority, msw_text message, const msw_field* fields, size_t field_count);

    /* A value of the configuration as JSON text, given to `give` before the call returns; not called if there is none.
     * Besides the keys of the config: id, version, program (path of mswd), state_dir, log_dir, file_root, config_dir,
     * own_plugin_dirs. */
    void (*setting)(void* self, const char* key, void (*give)(void* arg, msw_text json), void* arg);

    /* Looped modules, on the loop thread. again: after take said MSW_FULL, offer what was refused once more. */
    struct uv_loop_s* (*loop)(void* self);
    void (*again)(void* self);

    /* The transport only, on the loop thread: hand in what came from another host, as it is (id, from, by stay).
     * state_key of size 0: an ordinary Datapack. MSW_OK: it waits in its mailbox, and `taken` is called with `arg` when
     * it has left that, unless `arg` is NULL; once for each copy where it goes to several. MSW_ENDED: it was answered
     * or dropped, no `taken` follows. MSW_FULL: its mailbox has no room, try again later. With a state key, "MEMBER RUN
     * FLOW" (of the origin; the run as 16 hex digits), the inbox row and `state`, a decimal number, are committed
     * together and `committed` is called later on the loop thread with MSW_OK or MSW_INVALID; no `taken` follows.
     * MSW_UNSUPPORTED where there is no spool. */
    int (*deliver)(void* self, msw_datapack* datapack, msw_text state_key, msw_text state,
                   void (*committed)(void* arg, int status), void* arg);

    /* From here on not in version 1.0. */

    const msw_outbox_v1* outbox; /* its functions take `self` from this table. NULL: not the transport */

    /* The transport only, on the loop thread: a program of this host, which owns `app`, sends more to other hosts than
     * they take. Until it is let go (`held` 0) what it sends there finds a full queue: it isn't read, or its put waits.
     * Answers and durable Datapacks pass. */
    void (*hold)(void* self, msw_text app, int held);

    /* The transport only, on the loop thread: this host is another one to the mesh from now on. What waits is handed
     * out, then mswd ends as always and starts anew in the same process. */
    void (*restart)(void* self);
} msw_host_v1;

/* What a module offers. `instance` is what start gave. */
typedef struct msw_plugin_v1 {
    uint32_t version; /* MSW_PLUGIN_VERSION */
    uint32_t size;    /* sizeof(msw_plugin_v1) */
    const char* name; /* the app it owns: must be the file's name without .so */
    uint32_t flags;

    /* On the loop thread. `host` lives until after stop. NULL: it declines, with the reason in `why` (terminated). */
    void* (*start)(const msw_host_v1* host, char* why, size_t why_size);
    void (*run)(void* instance);                            /* threaded: on the module's thread */
    int (*take)(void* instance, msw_datapack* datapack);    /* looped: MSW_OK or MSW_FULL; ref it to keep it */
    void (*taken)(void* instance, void* arg, size_t bytes); /* transport: what it delivered has left its mailbox */
    void (*reloaded)(void* instance);                       /* on the loop thread: settings may have changed; or NULL */
    void (*stop)(void* instance);                           /* on the loop thread, last; run has returned */

    /* From here on not in version 1.0. */

    /* Judge the configuration without starting anything, for `mswd --check-config` and `mswctl reload`: 1 if start
     * would not decline for it, else 0 with the reason in `why` (terminated). Of `host` only setting and log are there;
     * what is logged becomes a warning. NULL: there is nothing to judge. */
    int (*check)(const msw_host_v1* host, char* why, size_t why_size);

    /* Transport, on the loop thread: somebody has taken a row out of the outbox; or NULL. */
    void (*removed)(void* instance, int64_t row);
} msw_plugin_v1;

typedef const msw_plugin_v1* (*msw_plugin_entry_fn)(void);

#define MSW_PLUGIN_EXPORT __attribute__((visibility("default")))

/* To be defined by the module. */
MSW_PLUGIN_EXPORT const msw_plugin_v1* msw_plugin_entry(void);

#ifdef __cplusplus
}
#endif

/* NOLINTEND(modernize-*) */

#endif
