package dev.estafet.node;

import dev.estafet.postgres.Await;
import dev.estafet.postgres.Database;
import jakarta.inject.Singleton;
import java.util.List;

/** Parameters of the local server that name its standbys, and so have to change with the roles. */
@Singleton
public final class RoleSettings {

    public static final String SYNCHRONOUS_STANDBY_NAMES = "synchronous_standby_names";

    /** 17 and newer: physical slots that logical decoding must not run ahead of (manual, section 20.6.2). */
    public static final String SYNCHRONIZED_STANDBY_SLOTS = "synchronized_standby_slots";

    private static final String NAMES = "select application_name from pg_stat_replication where state = 'streaming'";
    private static final String IS = "select coalesce(current_setting(?, true), '') = ?";

    private final Database database;

    RoleSettings(Database database) {
        this.database = database;
    }

    /** Sets a parameter that takes effect with a reload, and returns once it has; one that is so already is left alone. */
    public void set(String parameter, String value) {
        if (is(parameter, value)) {
            return;
        }
        database.alterSystem(parameter, value);
        database.reloadConfiguration();
        Await.until(
                "%s to be '%s'".formatted(parameter, value),
                Database.SHORTLY,
                Await.CALMLY,
                () -> is(parameter, value));
    }

    private boolean is(String parameter, String value) {
        return database.isTrue(Database.SHORTLY, IS, parameter, value);
    }

    /** The {@code application_name}s of the standbys that stream from the local server. */
    public List<String> streamingStandbys() {
        return database.list(Database.SHORTLY, NAMES, row -> row.getString(1));
    }
}
