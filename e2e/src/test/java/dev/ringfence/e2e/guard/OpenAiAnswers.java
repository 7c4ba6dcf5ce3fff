package dev.ringfence.e2e.guard;

import java.util.ArrayList;
import java.util.List;

/** Answers in the form that vLLM gives them, for every endpoint that the guard opens. */
final class OpenAiAnswers {
  private OpenAiAnswers() {}

  /** A whole answer. */
  static String whole(String path, String text, String usage) {
    String head = "{\"id\":\"engine-1\",\"created\":1795000000,\"model\":\"support-chat\",";
    return switch (path) {
      case "/v1/completions" ->
          head
              + "\"object\":\"text_completion\",\"choices\":[{\"index\":0,\"text\":\""
              + text
              + "\",\"logprobs\":null,\"finish_reason\":\"stop\"}],"
              + usage
              + "}";
      case "/v1/embeddings" ->
          head
              + "\"object\":\"list\",\"data\":[{\"object\":\"embedding\",\"index\":0,\"embedding\":\"AAAAPwAAAD8=\"}],\"usage\":{\"prompt_tokens\":3,\"total_tokens\":3}}";
      case "/v1/responses" -> response(text, "completed");
      default ->
          head
              + "\"object\":\"chat.completion\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\""
              + text
              + "\"},\"logprobs\":null,\"finish_reason\":\"stop\"}],"
              + usage
              + "}";
    };
  }

  private static String response(String text, String status) {
    return "{\"id\":\"engine-1\",\"object\":\"response\",\"created_at\":1795000000,\"model\":\"support-chat\",\"status\":\""
        + status
        + "\",\"output\":["
        + (text.isEmpty() ? "" : item(text))
        + "],\"parallel_tool_calls\":true,\"temperature\":0.7,\"top_p\":1.0,\"tool_choice\":\"auto\",\"tools\":[],\"usage\":{\"input_tokens\":3,\"output_tokens\":4,\"total_tokens\":7}}";
  }

  private static String item(String text) {
    return "{\"type\":\"message\",\"id\":\"m1\",\"role\":\"assistant\",\"status\":\"completed\",\"content\":[{\"type\":\"output_text\",\"text\":\""
        + text
        + "\",\"annotations\":[]}]}";
  }

  /** The events of a stream, each with its end. */
  static List<String> events(String path, String text, int n, String usage) {
    List<String> out = new ArrayList<>();
    if (path.equals("/v1/responses")) {
      out.add(
          "data: {\"type\":\"response.created\",\"response\":"
              + response("", "in_progress")
              + "}\n\n");
      for (int i = 0; i < n; i++) {
        out.add(
            "data:"
                + " {\"type\":\"response.output_text.delta\",\"item_id\":\"m1\",\"output_index\":0,\"content_index\":0,\"delta\":\""
                + text
                + "\"}\n\n");
      }
      out.add(
          "data: {\"type\":\"response.completed\",\"response\":"
              + response(text, "completed")
              + "}\n\n");
      return out;
    }
    boolean chat = path.equals("/v1/chat/completions");
    if (chat) {
      // As vLLM begins a stream.
      out.add(choice(true, "{\"role\":\"assistant\",\"content\":\"\"}", "null"));
    }
    for (int i = 0; i < n; i++) {
      out.add(choice(chat, chat ? "{\"content\":\"" + text + "\"}" : "\"" + text + "\"", "null"));
    }
    out.add(choice(chat, chat ? "{}" : "\"\"", "\"stop\""));
    out.add("data: {\"id\":\"e\",\"created\":1,\"choices\":[]," + usage + "}\n\n");
    out.add("data: [DONE]\n\n");
    return out;
  }

  private static String choice(boolean chat, String content, String finish) {
    return "data: {\"id\":\"e\",\"created\":1,\"choices\":[{\"index\":0,\""
        + (chat ? "delta" : "text")
        + "\":"
        + content
        + ",\"finish_reason\":"
        + finish
        + "}]}\n\n";
  }
}
