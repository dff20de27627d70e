//! What an author wrote reaches those who never reach the author.

use scenarios::network::{Network, space_file};
use scenarios::node::{Node, price, space_of, standing};

/// The author describes itself, with this price of its day.
fn publish(author: &Node, day_cents: i64) {
    let text = space_file("Le Mug", day_cents);
    std::fs::write(author.dir.join("space.toml"), text).expect("a file can be written");
    author.json(&["publish"]);
}

fn until_price(reader: &Node, author: &str, day_cents: i64) {
    reader.until("it knows the price", |home| {
        price(home, author, "day") == Some(day_cents)
    });
}

#[test]
fn a_node_that_was_away_reads_from_others_what_an_author_who_is_away_wrote() {
    let mut network = Network::running();
    let (mut author, mut partner) = (network.labelled("author"), network.labelled("partner"));
    let mut reader = network.labelled("reader");
    publish(&author, 1_500);
    until_price(&reader, &author.entity, 1_500);
    // The reader is away while the author writes, and comes back when the author is gone.
    reader.stop();
    publish(&author, 1_800);
    until_price(&partner, &author.entity, 1_800);
    until_price(&network.coordinator, &author.entity, 1_800);
    author.stop();
    reader.start();
    until_price(&reader, &author.entity, 1_800);
    let home = reader.home();
    let feed = &space_of(&home, &author.entity)["feed"];
    assert!(feed["refusal"].is_null(), "{feed}");
    let read = format!("of {} from ", author.entity);
    assert!(reader.log().contains(&read), "it says from whom");
    // And who is withdrawn meanwhile is withdrawn, though the coordinator is gone as well:
    // a partner tells.
    reader.stop();
    let coordinator = &mut network.coordinator;
    let withdraw = ["label", "withdraw", &author.entity, "--reason", "closed"];
    coordinator.json(&withdraw);
    partner.until("it hears of it", |home| {
        standing(home, &author.entity) == "withdrawn"
    });
    coordinator.stop();
    reader.start();
    reader.until("it hears of it from a partner", |home| {
        standing(home, &author.entity) == "withdrawn"
    });
    for node in [&mut reader, &mut partner] {
        node.stop();
        node.is_sound();
    }
}
