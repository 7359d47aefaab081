package dev.estafet.node;

import jakarta.inject.Singleton;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;

/** What this node has noticed of itself, told in its reports until it is taken back; at most one of a sort. */
@Singleton
public final class Troubles {

    private final Map<String, Trouble> now = new ConcurrentSkipListMap<>();

    /** Tells this from now on. */
    public void tell(Trouble trouble) {
        now.put(trouble.name(), trouble);
    }

    /** Tells it no more. */
    public void takeBack(String name) {
        now.remove(name);
    }

    List<Trouble> all() {
        return List.copyOf(now.values());
    }
}
