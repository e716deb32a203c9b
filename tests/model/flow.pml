/* One flow from an origin to a destination, and what may happen to it: the model that the C++ of sessions, flows and the
 * spool follows (docs/protocol.md, "Between hosts, msw/1"). tests/model/run explores every state of it.
 *
 * Two Datapacks; crashes at every step; a disk set back to a snapshot; packets and receipts that are lost, late, doubled
 * and out of order. The network is the set of all that was ever sent: any of it may arrive at any time, any number of
 * times, or never. That is what relays, reroutes and broken links can do at their worst, so the third host needs no
 * process of its own.
 *
 * DURABLE is the default; -DORDINARY is the other class. Each -DFAULT_... is a mistake that the asserts must catch.
 */

#define N 2      /* Datapacks */
#define NONE 7   /* no run */

#ifndef CRASHES
#define CRASHES 2 /* of both hosts together, restores among them */
#endif
#define STARTS (CRASHES + 1)

#ifdef ORDINARY /* what was received and not taken ends with the destination's daemon */
#define DIED_HERE(mm) (said_delivered[mm] && d_run > 0)
#else
#define DIED_HERE(mm) false
#endif
#ifdef FAULT_RECEIPT_OF_ANY_RUN
#define RECEIPT_OF_ANY_RUN true
#else
#define RECEIPT_OF_ANY_RUN false
#endif
#ifndef RESTORES
#define RESTORES 1 /* disks that are set back, of one host or the other: more is beyond any promise */
#endif

/* --- the origin ------------------------------------------------------------------------------------------------- */
byte o_run = 0;    /* drawn at every start */
byte o_next = 0;   /* the next number of this run */
byte o_known = NONE; /* the destination's run, as far as is known */
typedef Row {      /* on disk if durable, else in memory */
    bool held;
    byte its_run, n;   /* kept over restarts */
    byte sent_for; /* written down before it is sent: the run it was sent for */
    bool again;    /* it was sent for an earlier run, too: say `redelivered` */
}
Row row[N];
Row snap_row[N];

/* --- the destination -------------------------------------------------------------------------------------------- */
byte d_run = 0;
typedef Inbox {
    bool here;
    byte its_run;   /* of the destination, when it came */
    bool again;   /* it came marked */
    bool taken;   /* by the plugin, in this run; in memory */
}
Inbox inbox[N];
Inbox snap_inbox[N];
typedef Bits { bool at[N]; }
Bits seen[STARTS];      /* the flow's marks, by the origin's run: on disk if durable, else gone with the run */
Bits snap_seen[STARTS];
byte passed[STARTS];    /* numbers below are over: `low` said so */
byte snap_passed[STARTS];
bool staged[N];         /* received, not committed yet */

/* --- the network: what was ever sent ---------------------------------------------------------------------------- */
typedef Marked { bool with[2]; }
typedef For { Marked its_run[STARTS]; }
For packet[N];          /* packet[m].its_run[for].with[again] */
typedef Receipts { Bits origins[STARTS]; }
Receipts receipt[STARTS]; /* receipt[its run].origins[run of the origin].at[n] */
bool told[STARTS];      /* the destination's runs, as told by it */
byte low_sent[STARTS];  /* the greatest `low` of each run */

/* --- what really happened, for the asserts ---------------------------------------------------------------------- */
bool accepted[N], handed[N], expired[N], said_never_sent[N], said_delivered[N];
bool lost_by_restore[N];
bool snap_accepted[N];
bool o_snapped, d_snapped, o_restored, d_restored;

#define RESTORED (o_restored + d_restored)

/* Every promise that can be judged in a single state. */
inline judge() {
    m = 0;
    do
    :: m < N ->
#ifndef ORDINARY
        /* nothing accepted is ever nowhere */
        assert(!accepted[m] || row[m].held || inbox[m].here || handed[m] || expired[m] || lost_by_restore[m]);
#endif
        assert(!(said_never_sent[m] && handed[m]) || o_restored);
#ifdef ORDINARY
        assert(!said_delivered[m] || handed[m] || inbox[m].here || d_run > 0);
#else
        assert(!said_delivered[m] || handed[m] || inbox[m].here || d_restored);
#endif
        m++
    :: else -> break
    od;
    m = 0;
    tell_low()
}

/* The least number that the origin still holds of its run. What can be told is told at once: the network may keep it. */
inline tell_low() {
    if
    :: row[0].held && row[0].its_run == o_run -> x = row[0].n
    :: else ->
        if
        :: row[1].held && row[1].its_run == o_run -> x = row[1].n
        :: else -> x = o_next
        fi
    fi;
#ifdef FAULT_LOW_TOO_HIGH
    x = o_next;
#endif
    if
    :: x > low_sent[o_run] -> low_sent[o_run] = x
    :: else
    fi;
    x = 0
}

inline hand(mm) {
    /* in order: what was accepted earlier came first, or is over */
    assert(!(mm == 1 && accepted[0] && !handed[0] && !expired[0] && !lost_by_restore[0]) || d_restored || DIED_HERE(0));
#ifdef ORDINARY
    assert(!handed[mm]); /* never twice */
#else
    /* never twice, unless it says so */
    assert(!handed[mm] || inbox[mm].again || inbox[mm].its_run != d_run);
#endif
    handed[mm] = true;
    inbox[mm].taken = true
}

inline commit(mm) {
    inbox[mm].here = true;
    inbox[mm].its_run = d_run;
    inbox[mm].taken = false;
    seen[row[mm].its_run].at[row[mm].n] = true;
    receipt[d_run].origins[row[mm].its_run].at[row[mm].n] = true
}

inline start_destination() {
    d_run++;
    m = 0;
    do
    :: m < N ->
        inbox[m].taken = false;
        staged[m] = false;
#ifdef ORDINARY
        inbox[m].here = false;
#endif
        m++
    :: else -> break
    od;
#ifdef ORDINARY
    r = 0;
    do
    :: r < STARTS -> passed[r] = 0; n = 0;
        do
        :: n < N -> seen[r].at[n] = false; n++
        :: else -> break
        od;
        r++
    :: else -> break
    od;
#endif
    /* what is still marked is receipted again, by this run */
    r = 0;
    do
    :: r < STARTS -> n = 0;
        do
        :: n < N -> receipt[d_run].origins[r].at[n] = seen[r].at[n]; n++
        :: else -> break
        od;
        r++
    :: else -> break
    od;
    m = 0; r = 0; n = 0;
    told[d_run] = true
}

inline start_origin() {
#ifndef FAULT_SAME_RUN_AFTER_RESTART
    o_run++;
#endif
    o_next = 0;
    o_known = NONE;
#ifdef FAULT_SENT_NOT_WRITTEN_DOWN
    row[0].sent_for = NONE; row[1].sent_for = NONE;
#endif
#ifdef ORDINARY
    m = 0;
    do
    :: m < N ->
        if
        :: row[m].held -> row[m].held = false; expired[m] = true /* ends with its origin's daemon */
        :: else
        fi;
        m++
    :: else -> break
    od;
#endif
    m = 0
}

/* What is left in these between steps would only multiply the states. */
inline clear() { m = 0; n = 0; r = 0; f = 0; k = 0; x = 0 }

active proctype everything() {
    byte m = 0, n = 0, r = 0, f = 0, k = 0, x = 0;
    told[0] = true;
    m = 0;
    do
    :: m < N -> row[m].sent_for = NONE; m++
    :: else -> break
    od;
    m = 0;
again:
    do
    :: atomic { /* the origin accepts a Datapack: it is on disk before its sender is told */
        (o_next < N) ->
        if
        :: !accepted[0] -> m = 0
#ifndef ONE_ALONE
        :: accepted[0] && !accepted[1] -> m = 1
#endif
        :: else -> { clear(); goto again }
        fi;
        row[m].held = true; row[m].its_run = o_run; row[m].n = o_next; row[m].sent_for = NONE; row[m].again = false;
        o_next++;
        accepted[m] = true;
        judge();
        clear()
      }
    :: atomic { /* it sends one: of an older run first */
        if
        :: row[0].held -> m = 0
        :: row[1].held && (!row[0].held || row[0].its_run == row[1].its_run) -> m = 1
        :: else -> { clear(); goto again }
        fi;
        if
        :: o_known == NONE -> { clear(); goto again }
        :: else
        fi;
#ifdef ORDINARY
        if
        :: row[m].sent_for != NONE && row[m].sent_for != o_known -> /* unconfirmed: never sent again */
#ifndef FAULT_ORDINARY_SENT_AGAIN
            row[m].held = false; expired[m] = true; { clear(); goto again }
#endif
        :: else
        fi;
#endif
#ifndef FAULT_UNMARKED_RESEND
        if
        :: row[m].sent_for != NONE && row[m].sent_for != o_known -> row[m].again = true
        :: else
        fi;
#endif
        row[m].sent_for = o_known;
        packet[m].its_run[o_known].with[row[m].again] = true;
        judge();
        clear()
      }
    :: atomic { /* it hears of a run of the destination, maybe an old one */
        if
        :: told[0] -> o_known = 0
        :: told[1] -> o_known = 1
#if CRASHES > 1
        :: told[2] -> o_known = 2
#endif
#if CRASHES > 2
        :: told[3] -> o_known = 3
#endif
        fi;
        clear()
      }
    :: atomic { /* a packet arrives */
        if
        :: m = 0
        :: m = 1
        fi;
        if
        :: f = 0
        :: f = 1
#if CRASHES > 1
        :: f = 2
#endif
#if CRASHES > 2
        :: f = 3
#endif
        fi;
        if
        :: k = 0
        :: k = 1
        fi;
        if
        :: !packet[m].its_run[f].with[k] -> { clear(); goto again }
        :: else
        fi;
        if
#ifndef FAULT_FOR_IGNORED
        :: f != d_run -> told[d_run] = true; { clear(); goto again } /* meant for another run: dropped, the present one told */
#endif
        :: else
        fi;
        if
        :: staged[m] -> skip
        :: !staged[m] && (seen[row[m].its_run].at[row[m].n] || row[m].n < passed[row[m].its_run]) ->
            /* dropped as a double: then it must have been had */
            assert(inbox[m].here || handed[m] || expired[m] || lost_by_restore[m] || d_restored)
        :: else ->
            inbox[m].again = k;
#if defined(FAULT_RECEIPT_BEFORE_COMMIT)
            staged[m] = true;
            receipt[d_run].origins[row[m].its_run].at[row[m].n] = true
#elif defined(FAULT_MARK_BEFORE_ROW)
            staged[m] = true;
            seen[row[m].its_run].at[row[m].n] = true
#else
            commit(m) /* the inbox row and the flow's mark in one transaction, then the receipt */
#endif
        fi;
        judge();
        clear()
      }
#if defined(FAULT_RECEIPT_BEFORE_COMMIT) || defined(FAULT_MARK_BEFORE_ROW)
    :: atomic {
        if
        :: staged[0] -> m = 0
        :: staged[1] -> m = 1
        fi;
        staged[m] = false;
        commit(m);
        judge();
        clear()
      }
#endif
    :: atomic { /* `low` arrives */
        if
        :: r = 0
        :: r = 1
#if CRASHES > 1
        :: r = 2
#endif
#if CRASHES > 2
        :: r = 3
#endif
        fi;
        if
        :: low_sent[r] > passed[r] -> passed[r] = low_sent[r]
        :: else
        fi;
        r = 0;
        clear()
      }
    :: atomic { /* a receipt arrives: custody ends, if it is of the run that the Datapack was last sent for */
        if
        :: m = 0
        :: m = 1
        fi;
        if
        :: f = 0
        :: f = 1
#if CRASHES > 1
        :: f = 2
#endif
#if CRASHES > 2
        :: f = 3
#endif
        fi;
        if
        :: (row[m].held && receipt[f].origins[row[m].its_run].at[row[m].n] && (f == row[m].sent_for || RECEIPT_OF_ANY_RUN)) ->
            row[m].held = false;
            said_delivered[m] = true;
            if /* the origin could not know that the destination went back behind its word */
            :: d_restored && f != d_run && row[m].sent_for != d_run && !inbox[m].here && !handed[m] ->
                lost_by_restore[m] = true
            :: else
            fi
        :: else
        fi;
        judge();
        clear()
      }
    :: atomic { /* the plugin takes the next */
        if
        :: inbox[0].here && !inbox[0].taken -> m = 0
#ifdef FAULT_OUT_OF_ORDER
        :: inbox[1].here && !inbox[1].taken -> m = 1
#else
        /* what came before it is taken, and no number below it in its run is missing */
        :: inbox[1].here && !inbox[1].taken && (!inbox[0].here || inbox[0].taken) &&
           (row[1].n == 0 || seen[row[1].its_run].at[0] || passed[row[1].its_run] > 0) -> m = 1
#endif
        fi;
        hand(m);
        judge();
        clear()
      }
    :: atomic { /* the plugin is done */
        if
        :: inbox[0].here && inbox[0].taken -> m = 0
        :: inbox[1].here && inbox[1].taken -> m = 1
        fi;
        inbox[m].here = false; inbox[m].taken = false;
        judge();
        clear()
      }
    :: atomic { /* its time is over: given up, and said whether it may have arrived */
        if
        :: row[0].held -> m = 0
        :: row[1].held -> m = 1
        fi;
        row[m].held = false; expired[m] = true;
        said_never_sent[m] = (row[m].sent_for == NONE);
        judge();
        clear()
      }
    :: atomic { (d_run < STARTS - 1 && o_run + d_run < CRASHES) -> start_destination(); judge(); clear() } /* kill -9, power cut */
    :: atomic { (o_run < STARTS - 1 && o_run + d_run < CRASHES) -> start_origin(); judge(); clear() }
#ifndef ORDINARY
    :: atomic { /* a snapshot of the origin's disk */
        (!o_snapped && RESTORED < RESTORES) ->
        o_snapped = true;
        m = 0;
        do
        :: m < N ->
            snap_row[m].held = row[m].held; snap_row[m].its_run = row[m].its_run; snap_row[m].n = row[m].n;
            snap_row[m].sent_for = row[m].sent_for; snap_row[m].again = row[m].again;
            snap_accepted[m] = accepted[m];
            m++
        :: else -> break
        od;
        m = 0;
        clear()
      }
    :: atomic { /* the origin comes back with it */
        (o_snapped && !o_restored && RESTORED < RESTORES && o_run < STARTS - 1 && o_run + d_run < CRASHES) ->
        o_restored = true;
        m = 0;
        do
        :: m < N ->
            if
            :: accepted[m] && !snap_accepted[m] -> lost_by_restore[m] = true; row[m].held = false
            :: accepted[m] && snap_accepted[m] ->
                row[m].held = snap_row[m].held; row[m].its_run = snap_row[m].its_run; row[m].n = snap_row[m].n;
                row[m].sent_for = snap_row[m].sent_for; row[m].again = snap_row[m].again
            :: else
            fi;
            m++
        :: else -> break
        od;
        start_origin();
        judge();
        clear()
      }
    :: atomic { /* a snapshot of the destination's disk */
        (!d_snapped && RESTORED < RESTORES) ->
        d_snapped = true;
        m = 0;
        do
        :: m < N ->
            snap_inbox[m].here = inbox[m].here; snap_inbox[m].its_run = inbox[m].its_run; snap_inbox[m].again = inbox[m].again;
            m++
        :: else -> break
        od;
        r = 0;
        do
        :: r < STARTS -> snap_passed[r] = passed[r]; n = 0;
            do
            :: n < N -> snap_seen[r].at[n] = seen[r].at[n]; n++
            :: else -> break
            od;
            r++
        :: else -> break
        od;
        m = 0; r = 0; n = 0;
        clear()
      }
    :: atomic { /* the destination comes back with it */
        (d_snapped && !d_restored && RESTORED < RESTORES && d_run < STARTS - 1 && o_run + d_run < CRASHES) ->
        d_restored = true;
        m = 0;
        do
        :: m < N ->
            if
            :: inbox[m].here && !snap_inbox[m].here && !row[m].held -> lost_by_restore[m] = true
            :: else
            fi;
            inbox[m].here = snap_inbox[m].here; inbox[m].its_run = snap_inbox[m].its_run; inbox[m].again = snap_inbox[m].again;
            m++
        :: else -> break
        od;
        r = 0;
        do
        :: r < STARTS -> passed[r] = snap_passed[r]; n = 0;
            do
            :: n < N -> seen[r].at[n] = snap_seen[r].at[n]; n++
            :: else -> break
            od;
            r++
        :: else -> break
        od;
        start_destination();
        judge();
        clear()
      }
#endif
    od
}
