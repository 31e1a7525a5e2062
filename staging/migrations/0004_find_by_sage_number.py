from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("staging", "0003_oldest_first"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="stagedorder",
            index=models.Index(
                condition=models.Q(("sage_order", ""), _negated=True), fields=["sage_order"], name="order_sage_order"
            ),
        ),
        migrations.AddIndex(
            model_name="stagedorder",
            index=models.Index(
                condition=models.Q(("sage_invoice", ""), _negated=True),
                fields=["sage_invoice"],
                name="order_sage_invoice",
            ),
        ),
    ]
