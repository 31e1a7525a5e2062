# The orders to check are claimed oldest first: the index says so, and a long queue costs no sorting.

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("staging", "0002_read_again"),
    ]

    operations = [
        migrations.RemoveIndex(model_name="stagedorder", name="order_to_check"),
        migrations.AddIndex(
            model_name="stagedorder",
            index=models.Index(
                condition=models.Q(("status", "staged")), fields=["shop", "placed_at", "id"], name="order_to_check"
            ),
        ),
    ]
