package dev.estafet.traffic;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * A stats socket of HAProxy, for its runtime API (HAProxy's management guide, section 9.3).
 *
 * @param name as configured: an absolute path, or {@code host:port}
 */
record HaproxySocket(String name) {

    boolean isUnix() {
        return name.startsWith("/");
    }

    /**
     * Runs commands; waits as long as HAProxy takes, unless the thread is interrupted.
     *
     * @return what HAProxy says; nothing where all went well
     */
    String run(List<String> commands) throws IOException {
        try (var channel = SocketChannel.open(isUnix() ? StandardProtocolFamily.UNIX : StandardProtocolFamily.INET)) {
            channel.connect(address());
            var text = ByteBuffer.wrap((String.join(";", commands) + "\n").getBytes(StandardCharsets.US_ASCII));
            while (text.hasRemaining()) {
                channel.write(text);
            }
            return answer(channel);
        }
    }

    private SocketAddress address() {
        if (isUnix()) {
            return UnixDomainSocketAddress.of(name);
        }
        var colon = name.lastIndexOf(':');
        return new InetSocketAddress(name.substring(0, colon), Integer.parseInt(name.substring(colon + 1)));
    }

    private static String answer(SocketChannel channel) throws IOException {
        var text = new StringBuilder();
        var buffer = ByteBuffer.allocate(4096);
        while (channel.read(buffer) >= 0) {
            text.append(StandardCharsets.US_ASCII.decode(buffer.flip()));
            buffer.clear();
        }
        return text.toString().strip();
    }
}
