package dev.ringfence.guard.fuzz;

import dev.ringfence.guard.policy.Endpoint;
import dev.ringfence.guard.proxy.PathFuzz;
import dev.ringfence.guard.request.RequestCheckTest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What fuzzing begins with: the rows of the tests' table, and a few answers of an engine. */
public final class Seeds {
  private Seeds() {}

  /** Seeds by target. */
  static Map<String, List<byte[]>> all() throws IOException {
    Map<String, List<byte[]>> out = new LinkedHashMap<>();
    for (String target : List.of("Body", "Json", "Head", "Path", "Answer", "Model")) {
      out.put(target, new ArrayList<>());
    }
    for (RequestCheckTest.Row row : RequestCheckTest.rows().toList()) {
      byte[] body = row.body().getBytes(StandardCharsets.UTF_8);
      add(out, "Body", BodyFuzz.seed(row.endpoint(), body));
      add(out, "Json", body);
      if (row.line() % 10 == 0) {
        add(out, "Path", request(row.endpoint(), body));
      }
      if (row.line() % 50 == 0) {
        add(out, "Head", request(row.endpoint(), body));
      }
    }
    add(
        out,
        "Head",
        text(
            "GET / HTTP/1.1\r\nHost: x:1\r\nConnection: close, x\r\nExpect: 100-continue\r\n\r\n"));
    String chunked =
        "POST /v1/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
            + PathFuzz.KEY
            + "\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n10\r\n{\"model\":\"m\",\"pr\r\ne\r\nompt\":\"hello\"}\r\n0\r\n\r\n";
    add(out, "Path", text(chunked));
    add(out, "Head", text(chunked));
    String head = "{\"id\":\"ENGINE-ID\",\"object\":\"x\",\"created\":1,\"model\":\"ENGINE-ID\",";
    String whole =
        head
            + "\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"hello\",\"reasoning\":\"because\",\"tool_calls\":[{\"id\":\"c\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]},\"text\":\"t\",\"logprobs\":null,\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2,\"total_tokens\":3}}";
    String events = "data: " + whole.replace("message", "delta") + "\n\ndata: [DONE]\n\n";
    for (Endpoint e : Endpoint.values()) {
      if (e.method().equals("POST")) {
        add(out, "Answer", AnswerFuzz.seed(e, false, whole));
        add(out, "Answer", AnswerFuzz.seed(e, true, events));
      }
    }
    add(
        out,
        "Answer",
        AnswerFuzz.seed(
            Endpoint.EMBEDDINGS,
            false,
            head
                + "\"data\":[{\"index\":0,\"embedding\":[0.5,1]}],\"usage\":{\"prompt_tokens\":1}}"));
    add(
        out,
        "Answer",
        AnswerFuzz.seed(
            Endpoint.RESPONSES,
            false,
            head
                + "\"status\":\"completed\",\"output\":[{\"type\":\"message\",\"id\":\"m\",\"content\":[{\"type\":\"output_text\",\"text\":\"x\"}]}]}"));
    add(
        out,
        "Answer",
        AnswerFuzz.seed(
            Endpoint.RESPONSES,
            true,
            "data: {\"type\":\"response.output_text.delta\",\"delta\":\"x\",\"item_id\":\"i\"}\n\n"));
    add(
        out,
        "Answer",
        AnswerFuzz.seed(
            Endpoint.MESSAGES,
            false,
            head
                + "\"content\":[{\"type\":\"text\",\"text\":\"x\"},{\"type\":\"tool_use\",\"id\":\"i\",\"name\":\"n\",\"input\":{}}],\"stop_reason\":\"end_turn\"}"));
    add(
        out,
        "Answer",
        AnswerFuzz.seed(
            Endpoint.MESSAGES,
            true,
            "event: x\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"x\"}}\n\n"));
    add(
        out,
        "Answer",
        AnswerFuzz.seed(
            Endpoint.CHAT,
            false,
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"));
    add(out, "Answer", AnswerFuzz.seed(Endpoint.CHAT, false, "5\r\nhello\r\n0\r\n\r\n"));
    add(
        out,
        "Model",
        text(
            "{\"w\":{\"dtype\":\"F32\",\"shape\":[1,2],\"data_offsets\":[0,8]},\"__metadata__\":{\"format\":\"pt\"}}"));
    add(out, "Model", text("{\"weight_map\":{\"a\":\"a.safetensors\"}}"));
    add(out, "Model", text("{\"architectures\":[\"A\"],\"auto_map\":{}}"));
    add(
        out,
        "Model",
        text(
            "apiVersion: ringfence.dev/v1alpha1\nkind: TrustedModel\nmetadata: {name: a}\nspec:\n  source: {huggingFace: {repository: a/b, revision: "
                + "0".repeat(40)
                + "}}\n  format: safetensors\n  architectures: [A]\n  quantization: {method: none}\n  files:\n  - {path: config.json, size: 1, sha256: \""
                + "0".repeat(64)
                + "\"}\n  - {path: a.safetensors, size: 1, sha256: \""
                + "0".repeat(64)
                + "\"}\n"));
    try (var in = Seeds.class.getResourceAsStream("/guard.example.json")) {
      if (in != null) {
        add(out, "Model", in.readAllBytes());
      }
    }
    return out;
  }

  private static void add(Map<String, List<byte[]>> out, String target, byte[] seed) {
    out.computeIfAbsent(target, k -> new ArrayList<>()).add(seed);
  }

  private static byte[] text(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] request(Endpoint endpoint, byte[] body) {
    byte[] head =
        text(
            "POST "
                + endpoint.path()
                + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer "
                + PathFuzz.KEY
                + "\r\nContent-Type: application/json\r\nContent-Length: "
                + body.length
                + "\r\n\r\n");
    byte[] out = java.util.Arrays.copyOf(head, head.length + body.length);
    System.arraycopy(body, 0, out, head.length, body.length);
    return out;
  }

  /** Writes the seeds of every target into a folder of its name. */
  public static void main(String[] args) throws IOException {
    for (Map.Entry<String, List<byte[]>> e : all().entrySet()) {
      Path folder = Files.createDirectories(Path.of(args[0]).resolve(e.getKey()));
      for (int i = 0; i < e.getValue().size(); i++) {
        Files.write(folder.resolve("seed-" + i), e.getValue().get(i));
      }
    }
  }
}
