package dev.estafet.node;

import dev.estafet.postgres.Await;
import dev.estafet.postgres.Database;
import dev.estafet.postgres.Slot;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.List;
import java.util.function.BooleanSupplier;

/** Physical replication slots of the local server; they can be made on a standby too. */
@Singleton
public final class Slots {

    /** WAL is reserved at once, so that nothing is recycled before the slot's standby has connected. */
    private static final String MAKE = """
            select pg_create_physical_replication_slot(?, true)
            where not exists (select from pg_replication_slots where slot_name = ?)
            """;

    private static final String IN_USE =
            "select exists (select from pg_replication_slots where slot_name = ? and active)";
    private static final String CUT_OFF =
            "select pg_terminate_backend(active_pid) from pg_replication_slots where slot_name = ? and active";
    private static final String DROP = """
            select pg_drop_replication_slot(slot_name) from pg_replication_slots s
            where slot_name = ?
                and (slot_type = 'physical' or pg_is_in_recovery()
                    and to_jsonb(s)->>'failover' = 'true' and to_jsonb(s)->>'synced' = 'false')
            """;
    private static final String STREAMED_FROM = """
            select exists (select from pg_replication_slots s join pg_stat_replication r on r.pid = s.active_pid
                where s.slot_name = ? and r.state = 'streaming')
            """;
    private static final Duration UNTIL_FREE = Duration.ofSeconds(10);

    private final Database database;

    Slots(Database database) {
        this.database = database;
    }

    /** Whether a standby has caught up and streams from this slot now. */
    public boolean isStreamedFrom(Slot slot) {
        return database.isTrue(Database.SHORTLY, STREAMED_FROM, slot.name());
    }

    void make(List<Slot> wanted) {
        wanted.forEach(slot -> database.execute(Database.SHORTLY, MAKE, slot.name(), slot.name()));
    }

    /**
     * A failover slot's original is dropped once its server is a standby, since it would keep the copy of the new
     * primary's from being made ({@code src/backend/replication/logical/slotsync.c}). A slot that was a copy before its
     * server became primary is still marked as one: as a standby the server goes on with it, and refuses to drop it
     * ({@code src/backend/replication/slot.c}).
     *
     * <p>A slot stays active until its WAL sender has noticed that the standby is gone.
     */
    void drop(List<Slot> obsolete) {
        for (var slot : obsolete) {
            awaitLeft(slot, Await.CALMLY, () -> !isInUse(slot));
            database.execute(Database.SHORTLY, DROP, slot.name());
        }
    }

    /**
     * Ends what streams from these slots, and drops them. A WAL receiver may come back at once ({@code
     * WaitForWALToBecomeAvailable} in {@code src/backend/access/transam/xlogrecovery.c}), and is then ended again.
     */
    public void cutOff(List<Slot> obsolete) {
        for (var slot : obsolete) {
            awaitLeft(slot, Await.QUICKLY, () -> {
                var isLeft = !isInUse(slot);
                database.execute(Database.SHORTLY, isLeft ? DROP : CUT_OFF, slot.name());
                return isLeft;
            });
        }
    }

    private static void awaitLeft(Slot slot, Duration pause, BooleanSupplier isLeft) {
        Await.until("slot %s to be left by its standby".formatted(slot), UNTIL_FREE, pause, isLeft);
    }

    private boolean isInUse(Slot slot) {
        return database.isTrue(Database.SHORTLY, IN_USE, slot.name());
    }
}
